using Marketplace.Tests.Tidy.Wire;

namespace Marketplace.Tests.Tidy;

/// <summary>
/// Grains and what they call have no clock, chance, threads, files or blocking waits of their own: else a simulated run is not repeatable
/// and a turn can stall. Read from the member references of the compiled assemblies.
/// </summary>
public sealed class GrainDisciplineTests
{
    /// <summary>Type, member; a null member bans the whole type.</summary>
    private static readonly (string Type, string? Member)[] Banned =
    [
        ("System.DateTime", "get_Now"),
        ("System.DateTime", "get_UtcNow"),
        ("System.DateTime", "get_Today"),
        ("System.DateTimeOffset", "get_Now"),
        ("System.DateTimeOffset", "get_UtcNow"),
        ("System.TimeProvider", "get_System"),
        ("System.Guid", "NewGuid"),
        ("System.Guid", "CreateVersion7"),
        ("System.Random", null),
        ("System.Security.Cryptography.RandomNumberGenerator", null),
        ("System.Threading.Tasks.Task", "Run"),
        ("System.Threading.Tasks.Task", "Wait"),
        ("System.Threading.Tasks.Task", "WaitAll"),
        ("System.Threading.Tasks.Task", "WaitAny"),
        ("System.Threading.Tasks.Task", "Delay"),
        ("System.Threading.Tasks.Task", "ConfigureAwait"),
        ("System.Threading.Tasks.Task`1", "get_Result"),
        ("System.Threading.Tasks.Task`1", "ConfigureAwait"),
        ("System.Threading.Tasks.ValueTask", "ConfigureAwait"),
        ("System.Threading.Tasks.ValueTask`1", "ConfigureAwait"),
        ("System.Threading.Tasks.TaskAsyncEnumerableExtensions", "ConfigureAwait"),
        ("System.Threading.Tasks.TaskFactory", null),
        ("System.Threading.Tasks.Parallel", null),
        ("System.Threading.Thread", null),
        ("System.Threading.ThreadPool", null),
        ("System.Threading.Timer", null),
        ("System.Threading.SemaphoreSlim", "Wait"),
        ("System.Threading.ManualResetEventSlim", null),
        ("System.Threading.Monitor", "Wait"),
        ("System.Diagnostics.Stopwatch", null),
        ("System.Environment", null),
        ("System.IO.File", null),
        ("System.IO.Directory", null),
        ("System.Console", null),
        // Who calls is an argument: what travels in a context is not checked by anybody.
        ("Orleans.Runtime.RequestContext", null),
    ];

    /// <summary>
    /// What grains may throw besides the exceptions among the wire types: their own bugs and damaged data, by which nobody decides
    /// anything, and what the runtime itself understands as the loser's end. Every serializer knows these types.
    /// </summary>
    private static readonly string[] Thrown =
    [
        "System.ArgumentException",
        "System.ArgumentOutOfRangeException",
        "System.InvalidOperationException",
        "System.IO.InvalidDataException",
        "Orleans.Storage.InconsistentStateException",
    ];

    /// <summary>
    /// Types that serve grains from outside their turns: heavy work behind an injected interface, on threads of its own. Each line is an
    /// exemption with its reason.
    /// </summary>
    private static readonly Dictionary<string, string> Exempt = new()
    {
        ["Marketplace.Grains.ModuleInspector"] = "validates modules on its own threads; grains know only IModuleInspector",
        ["Marketplace.Grains.SystemSecretSource"] = "the production form of ISecretSource; simulations inject a seeded one",
        ["Marketplace.Grains.SystemChance"] = "the production form of IChance; simulations inject a seeded one",
    };

    /// <summary>
    /// Types that call the store, each with what it makes of the store's exceptions: those do not travel, so nobody else calls it.
    /// </summary>
    private static readonly Dictionary<string, string> CallsStore = new()
    {
        ["Marketplace.Grains.StoreReads"] = "translates what a read throws",
        ["Marketplace.Grains.StoredDocument`1"] = "has what a write throws translated by its base",
        ["Marketplace.Grains.DocumentGrainStorage"] = "translates what a write throws",
        ["Marketplace.Grains.EventJournal"] = "translates what an append throws",
        ["Marketplace.Grains.StateGrain"] = "translates what an append throws",
        ["Marketplace.Grains.LedgerGrain"] = "keeps a tile in memory that cannot be written",
        ["Marketplace.Grains.ModuleInspector"] = "translates what reading a module throws",
        ["Marketplace.Grains.Snapshots"] = "its callers save in the background and log, or translate what a write throws",
        ["Marketplace.Grains.PinnedBlobs"] = "reads for the start of a silo, which says what failed",
        ["Marketplace.Grains.OpenJobs"] = "reads in the background, where every failure is logged and tried again",
        ["Marketplace.Grains.RetentionGrain"] = "translates what a list throws",
        ["Marketplace.Grains.AccountLists"] = "answers the gateway of its own silo, which knows what a store throws",
        ["Marketplace.Grains.DisputeLists"] = "the same",
        ["Marketplace.Grains.ChainAccounts"] = "reads in steps of settlement, where every failure is logged and tried again",
        ["Marketplace.Grains.JobLosses"] = "the same",
    };

    [Theory, InlineData("Grains"), InlineData("GrainInterfaces")]
    public void Assembly_HasNoAmbientClockChanceOrThreads(string name)
    {
        var found = BannedIn(name)
            .Where(use => !Exempt.ContainsKey(use.Caller.Split('/')[0]))
            .Select(use => $"{use.Caller} uses {use.Type}.{use.Member}");

        Violations.AssertNone(found.Distinct());
    }

    [Theory, InlineData("Grains"), InlineData("GrainInterfaces")]
    public void Assembly_ThrowsOnlyWhatTravels(string name) =>
        Violations.AssertNone(
            MemberUse
                .In(Repository.Assemblies[name])
                .Where(use => use.Member == ".ctor" && use.Type.EndsWith("Exception", StringComparison.Ordinal))
                .Where(use => !IsMadeByCompiler(use.Caller) && !Contracts.Exceptions.Any(type => type.FullName == use.Caller))
                .Where(use =>
                    !Thrown.Contains(use.Type)
                    && !Contracts.Exceptions.Any(type => type.FullName == use.Type && Contracts.WireTypes.Contains(type))
                )
                .Select(use => $"{use.Caller} makes {use.Type}")
                .Distinct()
        );

    [Fact]
    public void Store_IsCalledOnlyWhereItsExceptionsAreHandled()
    {
        var callers = MemberUse
            .In(Repository.Assemblies["Grains"])
            .Where(use => use.Type.StartsWith("Marketplace.Storage.I", StringComparison.Ordinal) && IsAsync(use.Member))
            .Select(use => use.Caller.Split('/')[0])
            .ToHashSet(StringComparer.Ordinal);

        Violations.AssertNone(callers.Except(CallsStore.Keys));
        Violations.AssertNone(CallsStore.Keys.Except(callers));

        static bool IsAsync(string member) =>
            member is "Read" or "Write" or "Delete" or "Append" or "Scan" or "Find" or "Open" or "Put" or "List" or "CatchUp";
    }

    [Fact]
    public void EveryExemption_IsStillNeeded() =>
        Violations.AssertNone(Exempt.Keys.Except(BannedIn("Grains").Select(use => use.Caller.Split('/')[0])));

    /// <summary>The lists behind collection expressions.</summary>
    private static bool IsMadeByCompiler(string type) => type.Contains("<>z__", StringComparison.Ordinal);

    private static IEnumerable<MemberUse> BannedIn(string name) =>
        MemberUse
            .In(Repository.Assemblies[name])
            .Where(use => Banned.Any(ban => ban.Type == use.Type && (ban.Member is null || ban.Member == use.Member)));
}
