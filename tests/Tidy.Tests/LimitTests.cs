using System.Globalization;
using System.Text.RegularExpressions;
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
        ["SaltBytesMax"] = "of programs' ids and of key stores",
        ["JsonDepthMax"] = "of requests and of descriptions of contracts",
        ["Version"] = "of different forms",
        ["SignatureSize"] = "the ABI of guests and of owners on a chain: both r, s and v",
    };

    /// <summary>Bounds of two folders that have one number and a word of their names in common by chance, each with its reason.</summary>
    private static readonly Dictionary<(string, string), string> OneWordByChance = new()
    {
        [("AbiPolicy.NameCharsMax", "JobLimits.EntryPointNameBytesMax")] = "names in contracts and in modules",
        [("AbiPolicy.ShownCharsMax", "DisputePolicy.ReasonCharsMax")] = "what a message repeats, and a reason",
        [("AbiPolicy.ShownCharsMax", "ReputationPolicy.ReasonCharsMax")] = "the same",
        [("AbiPolicy.ShownCharsMax", "JobPolicy.NoteCharsMax")] = "what a message repeats, and a note",
        [("GatewayPolicy.AccountAnswersPart", "MarketPolicy.AccountClassesMax")] = "a part of memory, and classes of jobs",
        [("GatewayPolicy.AccountAnswersPart", "MarketLimits.StakesOfAccountMax")] = "a part of memory, and stakes",
        [("LedgerPolicy.NameBytesMax", "SiloOptions.NameCharsMax")] = "a word of a ledger, and a silo",
        [("MarketLimits.StakesOfAccountMax", "MarketPolicy.AccountClassesMax")] = "stakes, and classes of jobs",
        [("GatewayPolicy.KeysCachedMax", "AccountPolicy.KeysEverMax")] = "memory of a gateway, and keys of one account",
        [("GatewayPolicy.EventFileBytes", "JobLimits.FilesMax")] = "bytes, and files",
        [("GatewayPolicy.EventFileBytes", "GuestPolicy.FileDepthMax")] = "bytes, and directories",
        [("GatewayPolicy.EventFileBytes", "JobPolicy.HistoryEventsMax")] = "bytes, and events",
        [("GuestPolicy.EntryPointsMax", "JobLimits.EntryPointNameBytesMax")] = "entry points, and bytes of a name",
        [("StateTreePolicy.PageBytesMax", "JobLimits.MemoryPagesMax")] = "bytes of a page of state, and pages of memory",
        [("StateTreePolicy.KeyPageBytesMax", "JobLimits.MemoryPagesMax")] = "the same",
        [("StateTreePolicy.DirectoryPartBytesMax", "LinkPolicy.OrdersPartBytes")] = "parts of a directory, and parts of orders",
        [("GuestPolicy.FileDepthMax", "JobLimits.FilesMax")] = "directories, and files",
        [("EnginePolicy.CheckedFrameSlots", "LinkPolicy.WindowFrames")] = "stack frames, and messages",
        [("GuestPolicy.StateWritesMax", "VoteLogPolicy.VotesPerWriteMax")] = "keys of a run, and votes of a batch",
        [("WorkerLimits.WindowsMax", "LinkPolicy.WindowFrames")] = "windows of receipts, and messages",
        [("EnginePolicy.FrameBytesPerSlotMax", "LinkPolicy.WindowFrames")] = "stack frames, and messages",
        [("EnginePolicy.LargeFrameSlots", "WorkerLimits.SlotsMax")] = "stack slots of a call, and a worker's jobs",
        [("JobLimits.BatchJobsMax", "AccountPolicy.ReconcileJobsMax")] = "jobs of a request, and questions of one round",
        [("JobLimits.BatchJobsMax", "ProgramPolicy.OpenJobsCounted")] = "jobs of a request, and how far a refusal counts",
    };

    /// <summary>
    /// Bounds where one part must take what another lets through: the first is at most the second, or a part of the product refuses or cuts
    /// what its neighbour promised.
    /// </summary>
    private static readonly (string Small, string Large)[] Related =
    [
        ("EventJournal.AppendBytesMax", "StoragePolicy.DocumentBytesMax"),
        ("GatewayPolicy.CursorCharactersMax", "GatewayPolicy.RequestLineBytesMax"),
        ("JobDefaults.MemoryPagesMax", "JobLimits.MemoryPagesMax"),
        ("GuestPolicy.StateWriteBytesMax", "StatePolicy.StateBytesMax"),
        ("GuestPolicy.StateWritesMax", "StatePolicy.KeysMax"),
        ("JobLimits.FilesMax", "GuestPolicy.InputFilesMax"),
        ("WorkerLimits.WindowReceiptsMax", "VoteLogPolicy.VotesPerWriteMax"),
        ("JobLimits.MemoryPagesMax", "EnginePolicy.MemoryPagesMax"),
        ("MarketLimits.ArgumentBytesMax", "GuestPolicy.ArgumentBytesMax"),
        ("MarketLimits.ArgumentsMax", "GuestPolicy.ArgumentsMax"),
        ("MarketLimits.EnvironmentBytesMax", "GuestPolicy.ArgumentBytesMax"),
        ("Routes.PageItemsMax", "StoragePolicy.PageRowsMax"),
        ("Routes.PageItemsMax", "MarketLimits.LedgerRecordsMax"),
        ("Routes.WaitSecondsMax", "GatewayPolicy.WaitSecondsMax"),
        ("SnapshotPolicy.PartBytesMax", "StoragePolicy.DocumentBytesMax"),
        ("WorkerPolicy.PrefetchMax", "MarketPolicy.WorkerLeasesMax"),
        ("WorkerPolicy.ReportResultsMax", "MarketPolicy.ReportsMax"),
    ];

    private static readonly Constant[] Constants = ConstantsOf(ProductTrees());

    /// <summary>Two folders that share a limit read one constant, from the lowest place that both may see.</summary>
    [Fact]
    public void Number_StandsOnce()
    {
        var twice = Constants
            .Where(one => one is { IsLiteral: true, Number: > 1 })
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

    /// <summary>One number under two names is found by the word that the names share.</summary>
    [Fact]
    public void Bound_HasOneName()
    {
        var bounds = Constants.Where(one => one is { IsLiteral: true, IsBound: true, Number: > 4 }).ToArray();
        var alike = (
            from one in bounds
            from other in bounds
            where
                one.Number == other.Number
                && one.Name != other.Name
                && string.CompareOrdinal(one.Folder, other.Folder) < 0
                && one.Words.Overlaps(other.Words)
            select (one.FullName, other.FullName)
        ).ToHashSet();

        bool IsAlike((string One, string Other) pair) => alike.Contains(pair) || alike.Contains((pair.Other, pair.One));
        bool IsNamed((string One, string Other) pair) =>
            OneWordByChance.ContainsKey(pair) || OneWordByChance.ContainsKey((pair.Other, pair.One));
        Violations.AssertNone(
            from pair in alike
            where !IsNamed(pair) && !Related.Contains(pair)
            select $"{pair.Item1} and {pair.Item2} are one number: let one be the other, or say in {nameof(OneWordByChance)} why not"
        );
        Violations.AssertNone(
            from pair in OneWordByChance.Keys
            where !IsAlike(pair)
            select $"{pair.Item1} and {pair.Item2} differ and need no exception"
        );
    }

    [Fact]
    public void WhatOnePartLetsThrough_TheNextTakes()
    {
        var numbers = Constants.ToLookup(one => one.FullName, one => one.Number);
        long NumberOf(string name) => Assert.Single(numbers[name]);
        Violations.AssertNone(
            from pair in Related
            where NumberOf(pair.Small) > NumberOf(pair.Large)
            select $"{pair.Small} is {NumberOf(pair.Small)}, above {pair.Large}, which is {NumberOf(pair.Large)}"
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

    private static Constant[] ConstantsOf(SyntaxNode[] trees)
    {
        var compilation = CSharpCompilation.Create(
            "numbers",
            trees.Select(tree => tree.SyntaxTree),
            [MetadataReference.CreateFromFile(typeof(object).Assembly.Location)]
        );
        return
        [
            .. from tree in trees
            from field in tree.DescendantNodes().OfType<FieldDeclarationSyntax>()
            where field.Modifiers.Any(SyntaxKind.ConstKeyword)
            from constant in field.Declaration.Variables
            let value = constant.Initializer!.Value
            let number = compilation.GetSemanticModel(tree.SyntaxTree).GetConstantValue(value).Value
            where number is int or long
            select new Constant(
                Repository.Relative(tree.SyntaxTree.FilePath).Split('/')[0],
                ((TypeDeclarationSyntax)field.Parent!).Identifier.ValueText,
                constant.Identifier.ValueText,
                Convert.ToInt64(number, CultureInfo.InvariantCulture),
                IsLiteral: !value.DescendantNodesAndSelf().OfType<IdentifierNameSyntax>().Any()
            ),
        ];
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

    /// <param name="IsLiteral">It stands here, and is not derived from another.</param>
    private sealed record Constant(string Folder, string Type, string Name, long Number, bool IsLiteral)
    {
        private static readonly string[] Units = ["At", "Bytes", "Max", "Min", "Of", "Once", "Per", "Size"];

        public string FullName => $"{Type}.{Name}";

        public bool IsBound => Type is "Routes" || BoundTypes.Any(end => Type.EndsWith(end, StringComparison.Ordinal));

        /// <summary>What the name counts, in the singular: "KeysMax" counts keys.</summary>
        public HashSet<string> Words { get; } =
        [.. Regex.Matches(Name, "[A-Z][a-z]+").Select(word => word.Value).Except(Units).Select(word => word.TrimEnd('s'))];

        private static string[] BoundTypes => ["Policy", "Limits", "Options", "Defaults"];
    }
}
