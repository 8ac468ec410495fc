namespace Marketplace.Tests.Orleans.Serialization;

/// <summary>
/// Bytes that nobody sent are refused, or are another value of the same type. They never end the process, take more memory than their size
/// explains, or give a value that its own constructor would refuse.
/// </summary>
public sealed class DamageTests
{
    /// <summary>
    /// What one damaged value may allocate: strings and arrays are bounded by the bytes that are there, errors have a trace.
    /// </summary>
    private const long BytesMax = 4 << 20;

    private const int FlipsMax = 2_000;

    public static TheoryData<string> Names => WireTypes.Names;

    [Theory, MemberData(nameof(Names))]
    public void FlippedBit_GivesAnErrorOrASoundValue(string name)
    {
        var type = WireTypes.All[name];
        var bytes = Wire.Write(type, new WireSamples(Fill.Full).Make(type));
        var step = Math.Max(1, bytes.Length * 8 / FlipsMax);
        for (var bit = 0; bit < bytes.Length * 8; bit += step)
        {
            var damaged = (byte[])bytes.Clone();
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            ReadDamaged(type, damaged, $"{name}, bit {bit} of {bytes.Length} bytes");
        }
    }

    [Theory, MemberData(nameof(Names))]
    public void CutBytes_AreRefused(string name)
    {
        var type = WireTypes.All[name];
        var bytes = Wire.Write(type, new WireSamples(Fill.Full).Make(type));
        for (var length = 0; length < bytes.Length; length++)
        {
            var cut = bytes[..length];
            Assert.ThrowsAny<Exception>(() => Wire.Read(type, cut));
        }
    }

    private static void ReadDamaged(Type type, byte[] damaged, string what)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        object? arrived = null;
        try
        {
            arrived = Wire.Read(type, damaged);
        }
        catch (Exception refusal) when (refusal is not (OutOfMemoryException or NullReferenceException))
        {
            // Any refusal will do: the bytes come from a silo of the same operator, so this is an accident and not an attack.
        }

        var taken = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(taken <= BytesMax, $"{what}: took {taken} bytes.");
        if (arrived is not null)
        {
            Assert.True(type.IsInstanceOfType(arrived), $"{what}: gave a {arrived.GetType()}.");
        }
        WireSoundness.Check(arrived, what);
    }
}
