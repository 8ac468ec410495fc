using System.Buffers.Binary;
using System.Text;

namespace Marketplace.Worker.Isolation;

/// <summary>
/// Reads a payload part by part. Every count is compared with its bound and with what is there before anything is made for it.
/// </summary>
internal ref struct PayloadReader(byte[] payload)
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private int _position;

    public byte Byte() => Take(1)[0];

    public bool Flag() =>
        Byte() switch
        {
            0 => false,
            1 => true,
            var other => throw new FrameException($"A flag is {other}; allowed: 0 or 1."),
        };

    public int Int() => BinaryPrimitives.ReadInt32LittleEndian(Take(sizeof(int)));

    public long Long() => BinaryPrimitives.ReadInt64LittleEndian(Take(sizeof(long)));

    public Bytes32 Fixed() => new(Take(Bytes32.Size));

    /// <summary>A number from 0 to <paramref name="max"/>.</summary>
    public int Count(string what, int max)
    {
        var count = Int();
        return count >= 0 && count <= max ? count : throw new FrameException($"{what}: {count}; allowed: 0 to {max}.");
    }

    /// <summary>Bytes inside the payload, which they keep alive.</summary>
    public ReadOnlyMemory<byte> Bytes(string what, int max)
    {
        var count = Count(what, max);
        var start = _position;
        Take(count);
        return payload.AsMemory(start, count);
    }

    public ReadOnlyMemory<byte> Rest()
    {
        var rest = payload.AsMemory(_position);
        _position = payload.Length;
        return rest;
    }

    public string? Text(string what, int max)
    {
        var count = Int();
        if (count == -1)
        {
            return null;
        }
        if (count < 0 || count > max)
        {
            throw new FrameException($"{what}: {count} bytes; allowed: {max}.");
        }
        try
        {
            return Strict.GetString(Take(count));
        }
        catch (DecoderFallbackException)
        {
            throw new FrameException($"{what} is no UTF-8.");
        }
    }

    public string TextNotNull(string what, int max) => Text(what, max) ?? throw new FrameException($"{what} is missing.");

    /// <exception cref="FrameException">There is more.</exception>
    public readonly void End()
    {
        if (_position != payload.Length)
        {
            throw new FrameException($"{payload.Length - _position} bytes behind the last part of a frame.");
        }
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > payload.Length - _position)
        {
            throw new FrameException($"{count} bytes at {_position} of a frame with {payload.Length}.");
        }
        var bytes = payload.AsSpan(_position, count);
        _position += count;
        return bytes;
    }
}
