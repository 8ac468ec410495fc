using Marketplace.Engine.Guests;
using Marketplace.Engine.Tests.Hostile;

namespace Marketplace.Guests.Tests;

/// <summary>Each price of host calls, to the unit.</summary>
public sealed class GuestPriceTests
{
    private const long Root = 3;
    private const long First = 4;
    private const uint Text = Probe.Scratch;
    private const uint Out = Probe.Scratch + 0x1000;
    private const uint Beyond = 0xFFFF_FFF0;

    // The same script with another argument runs the same instructions of the guest, so the difference is what the host charges.
    private static readonly Price[] Table =
    [
        new(nameof(GuestPolicy.BytesPerCopyFuel), 1, p => p.Call("onvm_log", 1, Out, 8), p => p.Call("onvm_log", 1, Out, 0)),
        new(nameof(GuestPolicy.BytesPerCopyFuel), 2, p => p.Call("onvm_log", 1, Out, 9), p => p.Call("onvm_log", 1, Out, 0)),
        new(nameof(GuestPolicy.FuelPerRandomByte), 10, p => p.Call("random_get", Out, 1), p => p.Call("random_get", Out, 0)),
        new(nameof(GuestPolicy.FuelPerSha256Byte), 12, p => Hash(p, 1, 1), p => Hash(p, 1, 0)),
        new(nameof(GuestPolicy.FuelPerKeccakByte), 30, p => Hash(p, 2, 1), p => Hash(p, 2, 0)),
        new(nameof(GuestPolicy.FuelPerSignature), 2_000_000, p => Verify(p, Out), p => Verify(p, Beyond)),
        new(
            nameof(GuestPolicy.FuelPerLookup),
            10_000,
            p => p.Call("onvm_state_exists", Out, 0),
            p => p.Call("onvm_state_exists", Beyond, 0)
        ),
        new(nameof(GuestPolicy.FuelPerListedKey), 200 + 1, p => List(p, Text), p => List(p, Text + 1)),
        new(nameof(GuestPolicy.FuelPerPathStep), 200, p => Open(p, Text, 3), p => Open(p, Text + 2, 1)),
        new(nameof(GuestPolicy.FuelPerNewFile), 1_000, p => Directory(p, Text), p => Directory(p, Text + 3)),
        new(nameof(GuestPolicy.FuelPerFileByte), 9, p => Lengthen(p, 9), p => Lengthen(p, 0)),
        new(nameof(GuestPolicy.FuelPerRoot), 20_000, p => p.Call("onvm_state_root", Out), p => p.Call("onvm_state_root", Beyond)),
        new(nameof(GuestPolicy.FuelPerRootWrite), 20_000 + 10_000, p => WrittenRoot(p, Out), p => WrittenRoot(p, Beyond)),
    ];

    /// <summary>The prices that have a test.</summary>
    public static IEnumerable<string> Names => Table.Select(price => price.Name).Append(nameof(GuestPolicy.FuelPerCall));

    public static TheoryData<int> Rows => [.. Enumerable.Range(0, Table.Length)];

    [Theory]
    [MemberData(nameof(Rows))]
    public void HostCall_CostsItsPrice(int row)
    {
        var (name, expected, dear, cheap) = Table[row];
        Assert.True(expected == Fuel(dear) - Fuel(cheap), $"{name}: {Fuel(dear)} - {Fuel(cheap)} is not {expected}.");
    }

    [Fact]
    public void HostCall_CostsItsEntry()
    {
        // The call, the drop, which is free, and what the host takes for being called.
        using var program = GuestProgram.Load(new WasiCode().Call("sched_yield").Drop().ToBytes());
        Assert.Equal(1 + GuestPolicy.FuelPerCall, program.Run(Guest.Invocation()).MustEndAs(GuestOutcome.Completed).FuelUsed);
        Assert.Equal(200, GuestPolicy.FuelPerCall);
        var limits = Guest.Limits with { FuelMax = GuestPolicy.FuelPerCall };
        program.Run(Guest.Invocation() with { Limits = limits }).MustEndAs(GuestOutcome.OutOfFuel);
    }

    private static long Fuel(Action<Probe> script)
    {
        var probe = new Probe();
        script(probe);
        return probe.RunAsCommand().MustEndAs(GuestOutcome.Completed).FuelUsed;
    }

    private static void Hash(Probe probe, int algorithm, int size) => probe.Call("onvm_crypto_hash", algorithm, Out, size, Out, 32);

    private static void Verify(Probe probe, uint key) => probe.Call("onvm_crypto_secp256k1_verify", Out, Out, key);

    /// <summary>
    /// One key of one letter, and a listing by a letter that it has or has not: five bytes of list, which is one of copying.
    /// </summary>
    private static void List(Probe probe, uint prefix) =>
        probe.Poke(Text, "ab"u8).Call("onvm_state_put", Text, 1, Text, 1).Call("onvm_state_list", prefix, 1, Out, 100);

    private static void Open(Probe probe, uint path, int size) =>
        probe.Poke(Text, "./q"u8).Call("path_open", Root, 0, path, size, 0, 0, 0, 0, Out);

    private static void Directory(Probe probe, uint path) => probe.Poke(Text, "newtmp"u8).Call("path_create_directory", Root, path, 3);

    private static void Lengthen(Probe probe, int size) =>
        probe.Poke(Text, "f"u8).Call("path_open", Root, 0, Text, 1, 1, 1 << 22, 0, 0, Out).Call("fd_filestat_set_size", First, size);

    private static void WrittenRoot(Probe probe, uint place) =>
        probe.Call("onvm_state_put", Text, 1, Text, 1).Call("onvm_state_root", place);

    /// <param name="Name">A price of <see cref="GuestPolicy"/>.</param>
    /// <param name="Fuel">What the dear call costs more than the cheap one.</param>
    private sealed record Price(string Name, long Fuel, Action<Probe> Dear, Action<Probe> Cheap);
}
