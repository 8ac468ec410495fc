using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Marketplace.Tests.Tidy;

/// <summary>Conventions of the source text that the compiler cannot see.</summary>
public sealed class SourceTests
{
    private const int FileLinesMax = 500;
    private const int MethodLinesMax = 70;
    private const int TypeLinesMax = 900;
    private const int LineColumnsMax = 140;
    private const int UnnamedMembersMax = 6;

    /// <summary>Files that may be longer, each with its reason.</summary>
    private static readonly Dictionary<string, string> LongFiles = new()
    {
        ["engine/Decode/Opcode.cs"] = "one line for each instruction of the specification",
    };

    /// <summary>Methods that may be longer, as file:method, each with its reason.</summary>
    private static readonly Dictionary<string, string> LongMethods = new()
    {
        ["engine/Interpret/Interpreter.cs:Run"] =
            "the loop of an interpreter: what it goes on with stays in registers only within one method",
    };

    /// <summary>Types whose parts together may be longer, each with its reason.</summary>
    private static readonly Dictionary<string, string> LargeTypes = [];

    private static readonly ConcurrentDictionary<string, SyntaxNode> Parsed = [];

    [Fact]
    public void File_StaysReadable()
    {
        var tooLong = Repository
            .SourceFiles()
            .Where(path => File.ReadLines(path).Count() > FileLinesMax)
            .Select(Repository.Relative)
            .ToHashSet();

        Violations.AssertNone(tooLong.Except(LongFiles.Keys));
        Violations.AssertNone(LongFiles.Keys.Except(tooLong));
    }

    /// <summary>In the one form that the formatter gives it: run <c>dotnet csharpier format .</c> in the repository.</summary>
    [Fact]
    public async Task Source_HasTheFormOfTheFormatter()
    {
        var start = new ProcessStartInfo("dotnet", ["csharpier", "check", "."])
        {
            WorkingDirectory = Repository.Root,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var cancel = TestContext.Current.CancellationToken;
        using var check = Process.Start(start)!;
        var said = await Task.WhenAll(check.StandardOutput.ReadToEndAsync(cancel), check.StandardError.ReadToEndAsync(cancel));
        await check.WaitForExitAsync(cancel);
        Assert.True(check.ExitCode == 0, string.Concat(said));
    }

    [Fact]
    public void Line_FitsTheScreen() =>
        Violations.AssertNone(
            from path in Repository.SourceFiles()
            from line in File.ReadLines(path).Select((text, index) => (text, number: index + 1))
            where line.text.Length > LineColumnsMax
            select $"{Repository.Relative(path)}:{line.number} has {line.text.Length} columns"
        );

    [Fact]
    public void Method_StaysReadable()
    {
        var tooLong = (
            from path in Repository.SourceFiles()
            from method in Parse(path).DescendantNodes().OfType<BaseMethodDeclarationSyntax>()
            let span = method.SyntaxTree.GetLineSpan(method.Span).Span
            where span.End.Line - span.Start.Line + 1 > MethodLinesMax
            select $"{Repository.Relative(path)}:{(method as MethodDeclarationSyntax)?.Identifier.Text ?? "constructor"}"
        ).ToHashSet();

        Violations.AssertNone(tooLong.Except(LongMethods.Keys));
        Violations.AssertNone(LongMethods.Keys.Except(tooLong));
    }

    /// <summary>Splitting a file does not make a class smaller: all parts of a type count together.</summary>
    [Fact]
    public void PartialType_StaysReadableAsAWhole()
    {
        var tooLarge = (
            from path in Repository.SourceFiles()
            from part in Parse(path).DescendantNodes().OfType<TypeDeclarationSyntax>()
            where part.Modifiers.Any(SyntaxKind.PartialKeyword)
            let span = part.SyntaxTree.GetLineSpan(part.FullSpan).Span
            group span.End.Line - span.Start.Line by NameOf(part) into type
            where type.Sum() > TypeLinesMax
            select type.Key
        ).ToHashSet();

        Violations.AssertNone(tooLarge.Except(LargeTypes.Keys));
        Violations.AssertNone(LargeTypes.Keys.Except(tooLarge));
    }

    /// <summary>
    /// Among seven values in a row no reader sees which is which. A creation without a type name counts by its arguments alone, apart from
    /// those of dates.
    /// </summary>
    [Fact]
    public void LargeRecord_IsBuiltWithNamedMembers()
    {
        var large = (
            from path in Repository.SourceFiles()
            from record in Parse(path).DescendantNodes().OfType<RecordDeclarationSyntax>()
            where record.ParameterList?.Parameters.Count > UnnamedMembersMax
            select record.Identifier.Text
        ).ToHashSet();
        Assert.NotEmpty(large);
        Violations.AssertNone(
            from path in Repository.SourceFiles()
            from node in Parse(path).DescendantNodes()
            where MembersOf(node, large)?.Arguments.Any(argument => argument.NameColon is null) == true
            select $"{Repository.Relative(path)}:{node.GetLocation().GetLineSpan().StartLinePosition.Line + 1}"
        );
    }

    private static ArgumentListSyntax? MembersOf(SyntaxNode node, HashSet<string> large) =>
        node switch
        {
            ObjectCreationExpressionSyntax made when large.Contains(LastName(made.Type)) => made.ArgumentList,
            PrimaryConstructorBaseTypeSyntax made when large.Contains(LastName(made.Type)) => made.ArgumentList,
            ImplicitObjectCreationExpressionSyntax { ArgumentList.Arguments: { Count: > UnnamedMembersMax } arguments } made
                when arguments[^1].ToString() is not ("TimeSpan.Zero" or "DateTimeKind.Utc") => made.ArgumentList,
            _ => null,
        };

    private static string LastName(TypeSyntax type) => (type as QualifiedNameSyntax)?.Right.Identifier.Text ?? type.ToString();

    [Fact]
    public void Source_HasNoRegionsAndNoConditionalCode() =>
        Violations.AssertNone(
            from path in Repository.SourceFiles()
            where
                Parse(path)
                    .DescendantTrivia()
                    .Any(trivia => trivia.IsKind(SyntaxKind.RegionDirectiveTrivia) || trivia.IsKind(SyntaxKind.IfDirectiveTrivia))
            select Repository.Relative(path)
        );

    /// <summary>The market's code compiles against either grain host; only the silo's part for the embedded one names it.</summary>
    [Fact]
    public void EmbeddedHost_IsNamedInItsOwnPartOfTheSilo()
    {
        var naming = Repository
            .SourceFiles()
            .Select(path => (path, name: Repository.Relative(path)))
            .Where(file =>
                !file.name.StartsWith("grain-host/", StringComparison.Ordinal) && !file.name.StartsWith("tests/", StringComparison.Ordinal)
            )
            .Where(file => File.ReadAllText(file.path).Contains("Marketplace.GrainHost", StringComparison.Ordinal))
            .Select(file => file.name);

        Violations.AssertNone(
            naming.Where(name => name != "silo/EmbeddedHost.cs" && !name.StartsWith("silo/Embedded/", StringComparison.Ordinal))
        );
    }

    /// <summary>Keys and secrets: whoever makes such a file elsewhere forgets its mode, its flush or that of its folder.</summary>
    [Fact]
    public void FileForItsOwnerOnly_IsMadeInOnePlace() =>
        Violations.AssertNone(
            from path in Repository.SourceFiles()
            let name = Repository.Relative(path)
            where !name.StartsWith("tests/", StringComparison.Ordinal) && name != "crypto/Files/OwnerFile.cs"
            where File.ReadAllText(path).Contains("UnixCreateMode", StringComparison.Ordinal)
            select $"{name} sets the mode of a file that it makes; OwnerFile does that"
        );

    /// <summary>With the namespace and types around it, and its type parameters, which also tell types apart.</summary>
    private static string NameOf(TypeDeclarationSyntax type) =>
        string.Join(
            '.',
            type.AncestorsAndSelf()
                .Reverse()
                .Select(around =>
                    around switch
                    {
                        BaseNamespaceDeclarationSyntax name => name.Name.ToString(),
                        TypeDeclarationSyntax outer => outer.Identifier.Text + outer.TypeParameterList,
                        _ => null,
                    }
                )
                .OfType<string>()
        );

    private static SyntaxNode Parse(string path) =>
        Parsed.GetOrAdd(
            path,
            static path => CSharpSyntaxTree.ParseText(File.ReadAllText(path), new CSharpParseOptions(LanguageVersion.Preview)).GetRoot()
        );
}
