using System.Collections.Concurrent;
using System.Text;
using Marketplace.Engine.Guests;

namespace Marketplace.Guests.Tests;

/// <summary>Programs and invocations as the tests use them. A program is loaded once and shared, as a worker does.</summary>
internal static class Guest
{
    public const int LogBytesMax = 64 << 10;
    public const int OutputBytesMax = 1 << 20;

    public static readonly DateTimeOffset Submitted = new(2026, 5, 4, 3, 2, 1, TimeSpan.Zero);

    public static readonly GuestLimits Limits = new(
        FuelMax: 200_000_000,
        MemoryPagesMax: 256,
        TimeMax: TimeSpan.FromMinutes(5),
        OutputBytesMax,
        LogBytesMax
    );

    private static readonly ConcurrentDictionary<string, GuestProgram> Programs = new();

    public static GuestInvocation Invocation(ReadOnlyMemory<byte> input = default) =>
        new()
        {
            Input = input,
            Now = Submitted,
            Seed = new Bytes32("seed of the tests, 32 bytes long"u8),
            Limits = Limits,
            State = new MapState(),
            Blobs = new MapBlobs(),
            Signatures = new Signatures(),
            Cancellation = TestContext.Current.CancellationToken,
        };

    public static GuestInvocation Invocation(string input) => Invocation(Encoding.UTF8.GetBytes(input));

    public static byte[] Sample(string name) => File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "programs", $"{name}.wasm"));

    public static byte[] Fixture(string name) => File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "fixtures", $"{name}.wasm"));

    public static GuestResult RunSample(string name, string input) => RunSample(name, Invocation(input));

    public static GuestResult RunSample(string name, GuestInvocation invocation) => Shared(Path.Combine("programs", name)).Run(invocation);

    public static GuestResult RunFixture(string name, GuestInvocation invocation) => Shared(Path.Combine("fixtures", name)).Run(invocation);

    private static GuestProgram Shared(string file) =>
        Programs.GetOrAdd(file, name => GuestProgram.Load(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, $"{name}.wasm"))));

    public static string OutputText(this GuestResult result) => Encoding.UTF8.GetString(result.Output.Span);

    public static string LogText(this GuestResult result) => Encoding.UTF8.GetString(result.Log.Span);

    public static GuestResult MustEndAs(this GuestResult result, GuestOutcome outcome)
    {
        Assert.True(result.Outcome == outcome, $"Expected {outcome}, got {result.Outcome}: {result.Reason}; log: {result.LogText()}");
        Assert.Equal(outcome == GuestOutcome.Completed, result.Reason is null);
        return result;
    }
}
