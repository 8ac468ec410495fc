namespace Marketplace.Engine.Guests;

/// <summary>What a run gives back. More than the limit ends the run, so that no client is sold half an answer as a whole one.</summary>
internal sealed class GuestOutput(int bytesMax)
{
    private byte[] _bytes = [];
    private int _size;

    public ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, _size);

    /// <exception cref="GuestStop">The limit is passed.</exception>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        var size = (long)_size + bytes.Length;
        if (size > bytesMax)
        {
            throw GuestStop.OutputTooLarge(size, bytesMax);
        }
        if (size > _bytes.Length)
        {
            Array.Resize(ref _bytes, (int)Math.Min(bytesMax, Math.Max(size, 2L * _bytes.Length)));
        }
        bytes.CopyTo(_bytes.AsSpan(_size));
        _size = (int)size;
    }
}
