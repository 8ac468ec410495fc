namespace Marketplace.Crypto;

/// <summary>
/// What the many-lane kernel asks of a vector of 32-bit words, one word a lane. Written once over this interface instead of three
/// times over three vector types; every call is resolved and inlined when the kernel is compiled for a vector.
/// </summary>
internal unsafe interface ILanes<TVector>
    where TVector : unmanaged
{
    static abstract int Count { get; }

    static abstract TVector All(uint word);

    static abstract TVector Load(uint* words);

    static abstract TVector Add(TVector left, TVector right);

    static abstract TVector Xor(TVector left, TVector right);

    static abstract TVector RotateRight16(TVector value);

    static abstract TVector RotateRight12(TVector value);

    static abstract TVector RotateRight8(TVector value);

    static abstract TVector RotateRight7(TVector value);

    /// <summary>
    /// Reads a 64-byte block of every lane, <paramref name="stride"/> bytes apart; message[i] gets word i of all of them.
    /// </summary>
    static abstract void LoadBlocks(byte* input, nuint stride, TVector* message);

    /// <summary>Writes eight words a lane, lane after lane; the inverse of the arrangement above.</summary>
    static abstract void StoreChainingValues(TVector* words, byte* output);
}
