using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Marketplace.Tests.Tidy;

/// <summary>A named number says what the product does. One that the product does not read says nothing, and a reader believes it.</summary>
public sealed class LimitTests
{
    /// <summary>Constants that the product does not read itself, as Type.Name, each with its reason.</summary>
    private static readonly Dictionary<string, string> ReadElsewhere = new() { };

    [Fact]
    public void Constant_IsReadByTheProduct()
    {
        var trees = Repository
            .SourceFiles()
            .Where(path => !Repository.Relative(path).StartsWith("tests/", StringComparison.Ordinal))
            .Select(path => CSharpSyntaxTree.ParseText(File.ReadAllText(path), new CSharpParseOptions(LanguageVersion.Preview)).GetRoot())
            .ToArray();
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
}
