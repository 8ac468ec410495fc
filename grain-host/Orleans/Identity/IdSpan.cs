using System.Buffers.Binary;
using System.Text;

namespace Orleans.Runtime;

/// <summary>The bytes of a key or a type name, with their hash.</summary>
/// <remarks>The hash is the same in every process, so that nothing that depends on it differs between two runs of one seed.</remarks>
public readonly struct IdSpan : IEquatable<IdSpan>, IComparable<IdSpan>
{
    private readonly byte[]? _value;
    private readonly int _hash;

    public IdSpan(byte[] value)
    {
        _value = value;
        _hash = (int)StableHash(value);
    }

    public bool IsDefault => _value is null || _value.Length == 0;

    public ReadOnlyMemory<byte> Value => _value;

    public static IdSpan Create(string id) => new(Encoding.UTF8.GetBytes(id));

    public ReadOnlySpan<byte> AsSpan() => _value;

    public uint GetUniformHashCode() => (uint)_hash;

    public bool Equals(IdSpan obj) => ReferenceEquals(_value, obj._value) || (_hash == obj._hash && AsSpan().SequenceEqual(obj.AsSpan()));

    public override bool Equals(object? obj) => obj is IdSpan other && Equals(other);

    public override int GetHashCode() => _hash;

    public int CompareTo(IdSpan other) => AsSpan().SequenceCompareTo(other.AsSpan());

    public override string ToString() => _value is null ? "" : Encoding.UTF8.GetString(_value);

    private static uint StableHash(ReadOnlySpan<byte> bytes)
    {
        // Multiply and fold, eight bytes a step. Grain keys are digests and names checked by the caller, so the hash
        // needs spread, not resistance against chosen collisions.
        const ulong factor = 0x9E37_79B9_7F4A_7C15;
        var hash = (ulong)bytes.Length * factor;
        while (bytes.Length >= 8)
        {
            hash = Mix(hash ^ BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[8..];
        }

        ulong tail = 0;
        for (var index = 0; index < bytes.Length; index++)
        {
            tail |= (ulong)bytes[index] << (8 * index);
        }
        hash = Mix(hash ^ tail);
        return (uint)(hash >> 32) ^ (uint)hash;

        static ulong Mix(ulong value)
        {
            var high = Math.BigMul(value, factor, out var low);
            return high ^ low;
        }
    }
}
