using System.Buffers.Binary;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Marketplace.Worker.Isolation;

/// <summary>
/// Builds one frame and writes it. Large parts are written from where they are; they must not change before <see cref="Send"/>. Not
/// thread-safe.
/// </summary>
/// <param name="pipe">Stays the caller's.</param>
/// <param name="gate">Shared by all writers of a pipe; null: there is one.</param>
internal sealed class FrameWriter(SafeFileHandle pipe, Lock? gate = null)
{
    private readonly Lock _gate = gate ?? new();
    private const int KeptBufferBytes = 64 << 10;
    private const int LargePartBytes = 4 << 10;

    private readonly List<(int Before, ReadOnlyMemory<byte> Bytes)> _large = [];
    private byte[] _buffer = new byte[1 << 10];
    private int _size;

    public void Begin(FrameKind kind)
    {
        Reset();
        _size = Frame.HeaderBytes;
        _buffer[sizeof(int)] = (byte)kind;
    }

    public void Byte(byte value) => Room(1)[0] = value;

    public void Flag(bool value) => Byte(value ? (byte)1 : (byte)0);

    public void Int(int value) => BinaryPrimitives.WriteInt32LittleEndian(Room(sizeof(int)), value);

    public void Long(long value) => BinaryPrimitives.WriteInt64LittleEndian(Room(sizeof(long)), value);

    public void Fixed(Bytes32 value) => value.CopyTo(Room(Bytes32.Size));

    /// <summary>Bytes with their count before them.</summary>
    public void Bytes(ReadOnlyMemory<byte> bytes)
    {
        Int(bytes.Length);
        Rest(bytes);
    }

    /// <summary>Bytes that the frame ends with; their count is the frame's.</summary>
    public void Rest(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Length > LargePartBytes)
        {
            _large.Add((_size, bytes));
        }
        else
        {
            bytes.Span.CopyTo(Room(bytes.Length));
        }
    }

    /// <summary>Text as UTF-8; null is none.</summary>
    public void Text(string? text)
    {
        if (text is null)
        {
            Int(-1);
            return;
        }
        var size = Encoding.UTF8.GetByteCount(text);
        Int(size);
        Encoding.UTF8.GetBytes(text, Room(size));
    }

    /// <summary>Blocks until the other side has taken all but what the pipe holds.</summary>
    /// <exception cref="IOException">The other side is gone.</exception>
    public void Send()
    {
        var payload = (long)_size - Frame.HeaderBytes + _large.Sum(part => (long)part.Bytes.Length);
        BinaryPrimitives.WriteInt32LittleEndian(_buffer, checked((int)payload));
        var sent = 0;
        lock (_gate)
        {
            foreach (var (before, bytes) in _large)
            {
                Linux.Write(pipe, _buffer.AsSpan(sent, before - sent));
                Linux.Write(pipe, bytes.Span);
                sent = before;
            }
            if (sent < _size)
            {
                Linux.Write(pipe, _buffer.AsSpan(sent, _size - sent));
            }
        }
        Reset();
    }

    private void Reset()
    {
        _large.Clear();
        _size = 0;
        if (_buffer.Length > KeptBufferBytes)
        {
            _buffer = new byte[KeptBufferBytes];
        }
    }

    private Span<byte> Room(int size)
    {
        if (_buffer.Length - _size < size)
        {
            Array.Resize(ref _buffer, Math.Max(checked(_size + size), (int)Math.Min(Array.MaxLength, 2L * _buffer.Length)));
        }
        var room = _buffer.AsSpan(_size, size);
        _size += size;
        return room;
    }
}
