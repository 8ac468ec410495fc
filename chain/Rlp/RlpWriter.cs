using System.Buffers;
using System.Numerics;

namespace Marketplace.Chain;

/// <summary>
/// Writes RLP (<see href="https://ethereum.github.io/yellowpaper/paper.pdf">yellow paper, appendix B</see>): byte strings, and lists of
/// what is RLP. Numbers are big-endian byte strings without leading zeros.
/// </summary>
public sealed class RlpWriter
{
    /// <summary>Payloads up to here have their length in the first byte; of longer ones the length follows it.</summary>
    internal const int ShortMax = 55;

    internal const byte StringOffset = 0x80;
    internal const byte ListOffset = 0xc0;

    private readonly ArrayBufferWriter<byte> _out = new();

    public ReadOnlySpan<byte> Written => _out.WrittenSpan;

    public RlpWriter Write(ReadOnlySpan<byte> bytes)
    {
        if (bytes is not [< StringOffset])
        {
            WriteHead(StringOffset, bytes.Length);
        }
        _out.Write(bytes);
        return this;
    }

    /// <param name="number">Not negative.</param>
    public RlpWriter Write(BigInteger number) => Write(number.IsZero ? [] : number.ToByteArray(isUnsigned: true, isBigEndian: true));

    /// <summary>20 bytes; none where there is no address.</summary>
    public RlpWriter Write(EvmAddress? address)
    {
        Span<byte> word = stackalloc byte[Bytes32.Size];
        address.GetValueOrDefault().ToWord().CopyTo(word);
        return Write(address is null ? [] : word[^EvmAddress.Size..]);
    }

    public RlpWriter Write(Bytes32 word)
    {
        Span<byte> bytes = stackalloc byte[Bytes32.Size];
        word.CopyTo(bytes);
        return Write(bytes);
    }

    /// <summary>What is RLP already.</summary>
    public RlpWriter Append(ReadOnlySpan<byte> rlp)
    {
        _out.Write(rlp);
        return this;
    }

    /// <param name="items">Writes what is in the list.</param>
    public RlpWriter WriteList(Action<RlpWriter> items)
    {
        ArgumentNullException.ThrowIfNull(items);
        var inner = new RlpWriter();
        items(inner);
        WriteHead(ListOffset, inner.Written.Length);
        _out.Write(inner.Written);
        return this;
    }

    private void WriteHead(byte offset, int length)
    {
        if (length <= ShortMax)
        {
            _out.Write([(byte)(offset + length)]);
            return;
        }
        var bytes = ((BigInteger)length).ToByteArray(isUnsigned: true, isBigEndian: true);
        _out.Write([(byte)(offset + ShortMax + bytes.Length)]);
        _out.Write(bytes);
    }
}
