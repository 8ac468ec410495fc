using System.Numerics;

namespace Marketplace.Chain;

/// <summary>
/// Reads RLP that may come from anybody: each value has one form, and every other is refused (a single small byte behind a head, a length
/// with leading zeros, a long head for a short payload, a payload beyond the end).
/// </summary>
/// <param name="rlp">Values one after the other.</param>
public ref struct RlpReader(ReadOnlySpan<byte> rlp)
{
    private ReadOnlySpan<byte> _rest = rlp;

    public readonly bool IsAtEnd => _rest.IsEmpty;

    /// <summary>Whether the next value is a list.</summary>
    /// <exception cref="RlpException">There is none.</exception>
    public readonly bool IsList => !_rest.IsEmpty ? _rest[0] >= RlpWriter.ListOffset : throw Ends();

    /// <exception cref="RlpException">The next value is no byte string, or none in its one form.</exception>
    public ReadOnlySpan<byte> ReadBytes()
    {
        if (IsList)
        {
            throw new RlpException("A list stands where a byte string belongs.");
        }
        if (_rest[0] < RlpWriter.StringOffset)
        {
            return Take(head: 0, 1);
        }
        var bytes = ReadPayload(RlpWriter.StringOffset);
        return bytes is [< RlpWriter.StringOffset]
            ? throw new RlpException($"The byte {bytes[0]:x2} stands behind a head; it is its own head.")
            : bytes;
    }

    /// <param name="sizeMax">The most bytes that the number may have.</param>
    /// <exception cref="RlpException">The next value is no number of so many bytes.</exception>
    public BigInteger ReadNumber(int sizeMax)
    {
        var bytes = ReadBytes();
        return bytes.Length > sizeMax ? throw new RlpException($"A number has {bytes.Length} bytes; allowed are {sizeMax}.")
            : bytes is [0, ..] ? throw new RlpException("A number begins with a zero.")
            : new BigInteger(bytes, isUnsigned: true, isBigEndian: true);
    }

    /// <inheritdoc cref="ReadNumber"/>
    public ulong ReadUInt64() => (ulong)ReadNumber(sizeof(ulong));

    /// <returns>Null where there are no bytes.</returns>
    /// <exception cref="RlpException">The next value is no address.</exception>
    public EvmAddress? ReadAddress() =>
        ReadBytes() switch
        {
            [] => null,
            { Length: EvmAddress.Size } bytes => new EvmAddress(bytes),
            var bytes => throw new RlpException($"An address has {bytes.Length} bytes, not {EvmAddress.Size}."),
        };

    /// <exception cref="RlpException">The next value is no word.</exception>
    public Bytes32 ReadWord() =>
        ReadBytes() is { Length: Bytes32.Size } bytes
            ? new Bytes32(bytes)
            : throw new RlpException($"A word of {Bytes32.Size} bytes has another length.");

    /// <returns>What reads the values in the list.</returns>
    /// <exception cref="RlpException">The next value is no list, or none in its one form.</exception>
    public RlpReader ReadList() =>
        IsList ? new RlpReader(ReadPayload(RlpWriter.ListOffset)) : throw new RlpException("A byte string stands where a list belongs.");

    /// <exception cref="RlpException">Something follows.</exception>
    public readonly void RequireEnd()
    {
        if (!IsAtEnd)
        {
            throw new RlpException($"{_rest.Length} bytes follow where the end belongs.");
        }
    }

    private ReadOnlySpan<byte> ReadPayload(byte offset)
    {
        var length = _rest[0] - offset;
        if (length <= RlpWriter.ShortMax)
        {
            return Take(1, length);
        }
        var size = length - RlpWriter.ShortMax;
        if (_rest.Length < 1 + size)
        {
            throw Ends();
        }
        var digits = _rest[1..(1 + size)];
        var stated = new BigInteger(digits, isUnsigned: true, isBigEndian: true);
        if (digits[0] == 0 || stated <= RlpWriter.ShortMax)
        {
            throw new RlpException($"The length {stated} is written with {size} bytes more than it takes.");
        }
        return stated <= _rest.Length - 1 - size ? Take(1 + size, (int)stated) : throw Ends();
    }

    private ReadOnlySpan<byte> Take(int head, int length)
    {
        if (_rest.Length < head + length)
        {
            throw Ends();
        }
        var taken = _rest.Slice(head, length);
        _rest = _rest[(head + length)..];
        return taken;
    }

    private static RlpException Ends() => new("The bytes end before the value does.");
}
