using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Marketplace.Tests.Tidy;

/// <summary>A named number says what the product does. One that the product does not read says nothing, and a reader believes it.</summary>
public sealed class LimitTests
{
    /// <summary>Constants that the product does not read itself, as Type.Name, each with its reason.</summary>
    private static readonly Dictionary<string, string> ReadElsewhere = new() { };

    /// <summary>Names of constants that happen to have one value in two folders, each with its reason.</summary>
    private static readonly Dictionary<string, string> AlikeByChance = new()
    {
        ["BlockSize"] = "of different algorithms",
        ["DigestSize"] = "of different algorithms",
        ["PublicKeySize"] = "the ABI of guests and the curve, compared where they meet",
        ["Size"] = "of different types",
    };

    /// <summary>Two folders that share a limit read one constant, from the lowest place that both may see.</summary>
    [Fact]
    public void Number_StandsOnce()
    {
        var trees = ProductTrees();
        var compilation = CSharpCompilation.Create(
            "numbers",
            trees.Select(tree => tree.SyntaxTree),
            [MetadataReference.CreateFromFile(typeof(object).Assembly.Location)]
        );
        var numbers =
            from tree in trees
            from field in tree.DescendantNodes().OfType<FieldDeclarationSyntax>()
            where field.Modifiers.Any(SyntaxKind.ConstKeyword)
            from constant in field.Declaration.Variables
            let value = constant.Initializer!.Value
            where !value.DescendantNodesAndSelf().OfType<IdentifierNameSyntax>().Any()
            let number = compilation.GetSemanticModel(tree.SyntaxTree).GetConstantValue(value).Value
            where number is int or long && Convert.ToInt64(number, CultureInfo.InvariantCulture) > 1
            select (
                Name: constant.Identifier.ValueText,
                Number: Convert.ToInt64(number, CultureInfo.InvariantCulture),
                Folder: Repository.Relative(tree.SyntaxTree.FilePath).Split('/')[0]
            );
        var twice = numbers
            .GroupBy(one => (one.Name, one.Number))
            .Where(group => group.Select(one => one.Folder).Distinct().Count() > 1)
            .ToArray();

        Violations.AssertNone(
            from number in twice
            where !AlikeByChance.ContainsKey(number.Key.Name)
            select $"{number.Key.Name} is {number.Key.Number} in {string.Join(" and ", number.Select(one => one.Folder).Distinct())}"
        );
        Violations.AssertNone(
            AlikeByChance.Keys.Except(twice.Select(number => number.Key.Name)).Select(name => $"{name} stands once and needs no exception")
        );
    }

    [Fact]
    public void Constant_IsReadByTheProduct()
    {
        var trees = ProductTrees();
        var words = trees
            .SelectMany(tree => tree.DescendantTokens().Where(token => token.IsKind(SyntaxKind.IdentifierToken)))
            .GroupBy(token => token.ValueText)
            .ToDictionary(group => group.Key, group => group.Count());
        var declared = trees
            .SelectMany(tree => tree.DescendantNodes().OfType<VariableDeclaratorSyntax>())
            .GroupBy(variable => variable.Identifier.ValueText)
            .ToDictionary(group => group.Key, group => group.Count());
        var unread = (
            from tree in trees
            from field in tree.DescendantNodes().OfType<FieldDeclarationSyntax>()
            where
                field.Modifiers.Any(SyntaxKind.ConstKeyword)
                || (field.Modifiers.Any(SyntaxKind.StaticKeyword) && field.Modifiers.Any(SyntaxKind.ReadOnlyKeyword))
            from constant in field.Declaration.Variables
            let name = constant.Identifier.ValueText
            where words[name] <= declared[name]
            select $"{(field.Parent as TypeDeclarationSyntax)?.Identifier.ValueText}.{name}"
        ).ToHashSet();

        Violations.AssertNone(unread.Except(ReadElsewhere.Keys).Select(name => $"no product code reads {name}"));
        Violations.AssertNone(ReadElsewhere.Keys.Except(unread).Select(name => $"{name} is read and needs no exception"));
    }

    private static SyntaxNode[] ProductTrees() =>
        [
            .. Repository
                .SourceFiles()
                .Where(path => !Repository.Relative(path).StartsWith("tests/", StringComparison.Ordinal))
                .Select(path =>
                    CSharpSyntaxTree.ParseText(File.ReadAllText(path), new CSharpParseOptions(LanguageVersion.Preview), path).GetRoot()
                ),
        ];
}
