using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace Marketplace.Worker.Isolation;

/// <summary>Reads frames from a pipe. Blocks; not thread-safe.</summary>
/// <param name="pipe">Stays the caller's.</param>
/// <param name="bytesMax">The largest payload of a kind; below zero where the kind is not taken at all.</param>
internal sealed class FrameReader(SafeFileHandle pipe, Func<FrameKind, int> bytesMax)
{
    private readonly byte[] _buffer = new byte[16 << 10];
    private int _start;
    private int _end;

    /// <summary>Bytes of frames that nothing has asked for yet.</summary>
    public bool HasUnread => _start < _end;

    /// <returns>Null where the pipe ended between two frames.</returns>
    /// <exception cref="FrameException">A kind or a size that is not taken, or half a frame.</exception>
    public Frame? Read()
    {
        if (!Fill(Frame.HeaderBytes))
        {
            return null;
        }
        var size = BinaryPrimitives.ReadUInt32LittleEndian(_buffer.AsSpan(_start));
        var kind = (FrameKind)_buffer[_start + sizeof(int)];
        _start += Frame.HeaderBytes;
        var max = bytesMax(kind);
        if (max < 0)
        {
            throw new FrameException($"A frame of kind {(byte)kind} is not taken here.");
        }
        if (size > max)
        {
            throw new FrameException($"A frame {kind} of {size} bytes; allowed: {max}.");
        }
        return new Frame(kind, ReadPayload((int)size));
    }

    private byte[] ReadPayload(int size)
    {
        if (size == 0)
        {
            return [];
        }

        // A size that is only said allocates little; the room grows as the bytes come.
        var payload = new byte[Math.Min(size, IsolationPolicy.TrustedBytes)];
        var count = Math.Min(size, _end - _start);
        _buffer.AsSpan(_start, count).CopyTo(payload);
        _start += count;
        while (count < size)
        {
            if (count == payload.Length)
            {
                Array.Resize(ref payload, (int)Math.Min(size, 4L * payload.Length));
            }
            var read = Linux.Read(pipe, payload.AsSpan(count));
            if (read == 0)
            {
                throw new FrameException("The pipe ended inside a frame.");
            }
            count += read;
        }
        return payload;
    }

    /// <summary>Has so many bytes in the buffer.</summary>
    /// <returns>False where the pipe ended before the first.</returns>
    private bool Fill(int bytes)
    {
        if (_end - _start >= bytes)
        {
            return true;
        }
        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        (_start, _end) = (0, _end - _start);
        while (_end < bytes)
        {
            var read = Linux.Read(pipe, _buffer.AsSpan(_end));
            if (read == 0)
            {
                return _end == 0 ? false : throw new FrameException("The pipe ended inside a frame.");
            }
            _end += read;
        }
        return true;
    }
}
