namespace Marketplace.GrainHost.Simulation;

/// <summary>FNV-1a over 64 bits, http://www.isthe.com/chongo/tech/comp/fnv: fixed for ever, unlike the hash codes of .NET.</summary>
internal sealed class TraceHash
{
    private const ulong Prime = 0x0000_0100_0000_01B3;

    public ulong Value { get; private set; } = 0xCBF2_9CE4_8422_2325;

    public void Add(ulong value)
    {
        for (var shift = 0; shift < 64; shift += 8)
        {
            Value = (Value ^ (byte)(value >> shift)) * Prime;
        }
    }

    public void Add(string text)
    {
        foreach (var character in text)
        {
            Value = (Value ^ character) * Prime;
        }
        Value = (Value ^ 0xFFFF) * Prime;
    }
}
