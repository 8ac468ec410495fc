namespace Marketplace.Engine.Tests.Spec;

/// <summary>Assertions of the suite that must not hold, each with its reason.</summary>
public static class SpecExceptions
{
    private static readonly Dictionary<(string Suite, string File, int Line), string> Known = new()
    {
        [("threads", "imports", 310)] = SeveralTables,
        [("threads", "imports", 314)] = SeveralTables,
        [("threads", "imports", 318)] = SeveralTables,
    };

    private const string SeveralTables =
        "it wants several tables refused, which core 2.0 allows: the proposal is older than reference types";

    public static string? ReasonFor(SpecCount count, int line) => Known.GetValueOrDefault((count.Suite, count.File, line));
}
