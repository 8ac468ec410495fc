namespace Marketplace.Engine.Guests;

/// <summary>The arguments of one host call. What a guest passes is unsigned until a function says otherwise.</summary>
internal readonly ref struct HostArguments(ReadOnlySpan<Value> values)
{
    private readonly ReadOnlySpan<Value> _values = values;

    public uint U32(int index) => (uint)_values[index].I32;

    public int I32(int index) => _values[index].I32;

    public ulong U64(int index) => (ulong)_values[index].I64;

    public long I64(int index) => _values[index].I64;
}
