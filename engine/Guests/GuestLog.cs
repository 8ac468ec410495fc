namespace Marketplace.Engine.Guests;

/// <summary>
/// What a guest says beside its output. More than the limit is cut, and the cut is marked inside the limit; the guest does not notice, so a
/// talkative program still completes.
/// </summary>
internal sealed class GuestLog(int bytesMax)
{
    private byte[] _bytes = [];
    private int _size;

    /// <summary>The last line of a log that was cut.</summary>
    public static ReadOnlySpan<byte> CutMark => "\n[log cut]\n"u8;

    public bool IsCut { get; private set; }

    public ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, _size);

    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (IsCut)
        {
            return;
        }
        var size = (long)_size + bytes.Length;
        IsCut = size > bytesMax;
        if (IsCut)
        {
            bytes = bytes[..(bytesMax - _size)];
        }
        var whole = _size + bytes.Length;
        if (whole > _bytes.Length)
        {
            Array.Resize(ref _bytes, (int)Math.Min(bytesMax, Math.Max(whole, 2L * _bytes.Length)));
        }
        bytes.CopyTo(_bytes.AsSpan(_size));
        _size = whole;
        if (IsCut && bytesMax >= CutMark.Length)
        {
            CutMark.CopyTo(_bytes.AsSpan(bytesMax - CutMark.Length));
        }
    }
}
