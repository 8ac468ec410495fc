using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;

namespace Marketplace.Chain;

/// <summary>
/// A type of the contract ABI (<see href="https://docs.soliditylang.org/en/latest/abi-spec.html">Solidity, contract ABI
/// specification</see>) and how its values are encoded. Values are <see cref="BigInteger"/> for numbers, <see cref="bool"/>,
/// <see cref="EvmAddress"/>, arrays of bytes for bytes of both kinds, <see cref="string"/>, and arrays of objects for arrays and tuples.
/// What is decoded may come from anybody: the one encoding that compilers write is taken, every other refused.
/// </summary>
public abstract class AbiType
{
    internal const int WordSize = 32;

    /// <summary>As signatures have it: <c>uint256</c>, <c>bytes32[2]</c>, <c>(address,uint256)[]</c>.</summary>
    public abstract string Name { get; }

    /// <summary>Whether values differ in size: then they stand behind all heads, and the head says where.</summary>
    internal abstract bool IsDynamic { get; }

    /// <summary>What a value takes among its neighbours, in bytes.</summary>
    internal virtual int HeadSize => WordSize;

    /// <summary>Whether every value fits into a word, so that the topic of a log can be it. Of other types the topic is a hash.</summary>
    internal virtual bool IsValueType => true;

    /// <summary>How many arrays and tuples stand in each other, with this one.</summary>
    internal virtual int Depth => 0;

    /// <param name="text">As <see cref="Name"/>; <c>uint</c> and <c>int</c> have 256 bits, and a tuple may have the word before it.</param>
    /// <exception cref="AbiException">There is no such type.</exception>
    public static AbiType Parse(string text) => AbiTypeText.Parse(text);

    /// <summary>Encodes a value that stands alone.</summary>
    /// <exception cref="AbiException">The value is none of this type.</exception>
    public byte[] Encode(object value)
    {
        var bytes = new ArrayBufferWriter<byte>();
        Write(value, bytes);
        return bytes.WrittenSpan.ToArray();
    }

    /// <exception cref="AbiException">The bytes are not the encoding of one value, and nothing else.</exception>
    public object Decode(ReadOnlySpan<byte> bytes)
    {
        var value = Read(bytes, out var size);
        return size == bytes.Length ? value : throw new AbiException($"{bytes.Length - size} bytes follow the value of {Name}.");
    }

    /// <summary>
    /// As <c>abi.encodePacked</c> writes a value: without a head, a length or padding, but with the elements of an array padded. Several
    /// values stand one after the other, so two lists of values may have the same bytes. For hashes only.
    /// </summary>
    /// <exception cref="AbiException">The value is none of this type, or Solidity has no such form of it: of tuples, and of arrays of
    /// what differs in size.</exception>
    public byte[] EncodePacked(object value) => Pack(Encode(value)).ToArray();

    public override string ToString() => Name;

    internal abstract void Write(object value, ArrayBufferWriter<byte> bytes);

    /// <param name="bytes">Begin with the value.</param>
    /// <param name="size">How many of them it takes.</param>
    internal abstract object Read(ReadOnlySpan<byte> bytes, out int size);

    /// <summary>What of an encoding stands in the packed form.</summary>
    private protected abstract ReadOnlySpan<byte> Pack(ReadOnlySpan<byte> encoding);

    private protected AbiException Foreign(object? value) => new($"A value of {Name} is not a {value?.GetType().Name ?? "null"}.");

    private protected static ReadOnlySpan<byte> Word(ReadOnlySpan<byte> bytes) =>
        bytes.Length >= WordSize ? bytes[..WordSize] : throw new AbiException("The bytes end before the value does.");

    private protected static void WriteCount(int count, ArrayBufferWriter<byte> bytes)
    {
        var word = bytes.GetSpan(WordSize)[..WordSize];
        word.Clear();
        BinaryPrimitives.WriteInt32BigEndian(word[^sizeof(int)..], count);
        bytes.Advance(WordSize);
    }

    /// <param name="bytes">Begin with a word that says a length or a place.</param>
    /// <param name="most">The most that it can be, whatever the word says.</param>
    private protected static int ReadCount(ReadOnlySpan<byte> bytes, long most)
    {
        var word = Word(bytes);
        var count = BinaryPrimitives.ReadUInt64BigEndian(word[^sizeof(ulong)..]);
        return word[..^sizeof(ulong)].ContainsAnyExcept((byte)0) || count > (ulong)most
            ? throw new AbiException("A length or a place is beyond the end of the bytes.")
            : (int)count;
    }

    private protected static int RequireSize(long bytes) =>
        bytes <= AbiPolicy.StaticBytesMax
            ? (int)bytes
            : throw new AbiException($"A value would take {bytes} bytes at once; allowed are {AbiPolicy.StaticBytesMax}.");

    private protected static int RequireDepth(int depth) =>
        depth <= AbiPolicy.TypeDepthMax
            ? depth
            : throw new AbiException($"A type has {depth} arrays and tuples in each other; allowed are {AbiPolicy.TypeDepthMax}.");

    private protected static void RequireZero(ReadOnlySpan<byte> padding)
    {
        if (padding.ContainsAnyExcept((byte)0))
        {
            throw new AbiException("Bytes between values are not zero.");
        }
    }
}
