using System.Buffers.Binary;
using System.Text;
using Marketplace.Crypto;

namespace Marketplace.Receipts;

/// <summary>
/// The 32-byte words of a struct as EIP-712 encodes it (https://eips.ethereum.org/EIPS/eip-712, "Definition of encodeData"): first the hash
/// of its type, then one word for each member. Texts and lists stand there as their hashes.
/// </summary>
internal ref struct TypedWords
{
    private readonly Span<byte> _words;
    private int _size;

    /// <param name="words">Room for the hash of the type and for each member.</param>
    public TypedWords(Span<byte> words, Bytes32 type)
    {
        _words = words;
        Add(type);
    }

    public void Add(Bytes32 word) => word.CopyTo(Next());

    public void Add(UInt128 number)
    {
        var word = Next();
        word[..16].Clear();
        BinaryPrimitives.WriteUInt128BigEndian(word[16..], number);
    }

    /// <summary>A signed number is as long as a word: a negative one begins with ones.</summary>
    public void AddSigned(long number)
    {
        var word = Next();
        word[..24].Fill(number < 0 ? byte.MaxValue : (byte)0);
        BinaryPrimitives.WriteInt64BigEndian(word[24..], number);
    }

    public void Add(string text) => Add(HashOf(text));

    /// <summary>The hash of the struct: of all words so far.</summary>
    public readonly Bytes32 Hash() => HashOf(_words[.._size]);

    /// <summary>The hash of a text: of its UTF-8.</summary>
    /// <exception cref="ArgumentException">The text has half of a surrogate pair, which UTF-8 has no bytes for.</exception>
    public static Bytes32 HashOf(string text)
    {
        const int SmallSize = 256;
        if (text.Length == 0)
        {
            return Empty;
        }
        Span<byte> small = stackalloc byte[SmallSize];
        return Strict.TryGetBytes(text, small, out var written) ? HashOf(small[..written]) : HashOf(Strict.GetBytes(text));
    }

    /// <summary>The hash of a list of structs or texts: of the hashes of its items, one after the other.</summary>
    public static Bytes32 HashOf<TItem>(IReadOnlyList<TItem> items, Func<TItem, Bytes32> hash)
    {
        if (items.Count == 0)
        {
            return Empty;
        }
        var hashes = new byte[items.Count * Bytes32.Size];
        for (var index = 0; index < items.Count; index++)
        {
            hash(items[index]).CopyTo(hashes.AsSpan(index * Bytes32.Size));
        }
        return HashOf(hashes);
    }

    public static Bytes32 HashOf(ReadOnlySpan<byte> bytes)
    {
        Span<byte> digest = stackalloc byte[Keccak256.DigestSize];
        Keccak256.Hash(bytes, digest);
        return new Bytes32(digest);
    }

    private Span<byte> Next()
    {
        var word = _words.Slice(_size, Bytes32.Size);
        _size += Bytes32.Size;
        return word;
    }

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private static readonly Bytes32 Empty = HashOf([]);
}
