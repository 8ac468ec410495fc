using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Marketplace.Worker.Protocol;

/// <summary>
/// Puts together what is hashed or signed: numbers little-endian, parts of variable length behind their length (u32), so that two different
/// sets of parts never have the same bytes.
/// </summary>
internal sealed class SignedText(int capacity)
{
    private readonly ArrayBufferWriter<byte> _bytes = new(capacity);

    public ReadOnlySpan<byte> Bytes => _bytes.WrittenSpan;

    /// <summary>A signature's domain: its words and a zero byte.</summary>
    public static SignedText Of(string domain, int capacity = 256)
    {
        var text = new SignedText(capacity);
        text.Raw(Encoding.ASCII.GetBytes(domain));
        text.Byte(0);
        return text;
    }

    public void Byte(byte value) => _bytes.Write([value]);

    public void Raw(ReadOnlySpan<byte> bytes) => _bytes.Write(bytes);

    public void Id(Bytes32 id)
    {
        id.CopyTo(_bytes.GetSpan(Bytes32.Size));
        _bytes.Advance(Bytes32.Size);
    }

    public void Number(uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(_bytes.GetSpan(sizeof(uint)), value);
        _bytes.Advance(sizeof(uint));
    }

    public void Number(long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(_bytes.GetSpan(sizeof(long)), value);
        _bytes.Advance(sizeof(long));
    }

    public void Part(ReadOnlySpan<byte> bytes)
    {
        Number((uint)bytes.Length);
        Raw(bytes);
    }

    public void Part(string text) => Part(Encoding.UTF8.GetBytes(text));

    /// <summary>1 and the part, or 0 where there is none.</summary>
    public void MaybePart(ReadOnlyMemory<byte>? bytes)
    {
        Byte(bytes is null ? (byte)0 : (byte)1);
        if (bytes is { } present)
        {
            Part(present.Span);
        }
    }

    /// <inheritdoc cref="MaybePart(ReadOnlyMemory{byte}?)"/>
    public void MaybePart(string? text)
    {
        Byte(text is null ? (byte)0 : (byte)1);
        if (text is not null)
        {
            Part(text);
        }
    }
}
