namespace Marketplace.Engine.Guests.Wasi;

/// <summary>What a file descriptor leads to.</summary>
internal enum Stream : byte
{
    Closed = 0,
    Input = 1,
    Output = 2,
    Log = 3,
}

/// <summary>The three descriptors of a command. There are no files, so there are never more.</summary>
internal sealed class Descriptors
{
    public const int Count = 3;

    private readonly Stream[] _streams = [Stream.Input, Stream.Output, Stream.Log];

    public Stream this[uint descriptor] => descriptor < Count ? _streams[descriptor] : Stream.Closed;

    public bool IsOpen(uint descriptor) => this[descriptor] != Stream.Closed;

    public Errno Close(uint descriptor)
    {
        if (!IsOpen(descriptor))
            return Errno.BadFile;
        _streams[descriptor] = Stream.Closed;
        return Errno.Success;
    }

    public Errno Renumber(uint from, uint to)
    {
        if (!IsOpen(from) || !IsOpen(to))
            return Errno.BadFile;
        var stream = _streams[from];
        _streams[from] = Stream.Closed;
        _streams[to] = stream;
        return Errno.Success;
    }
}
