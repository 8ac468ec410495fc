namespace Marketplace.Receipts;

/// <summary>Bounds of state proofs and chunks, each with its reason. A check refuses what is beyond them before it hashes.</summary>
public static class StateProofPolicy
{
    /// <summary>
    /// Siblings of one proof: one for each bit of a path. Random keys need some 30 for a million; only ground keys need more.
    /// </summary>
    public const int SiblingsMax = 256;

    /// <summary>Bytes of a proof besides the value: version, kind, count, all siblings, and the other leaf of an absence.</summary>
    public const int ProofBytesMax = 4 + (SiblingsMax * StateSibling.Size) + StateLeaf.Size;

    /// <summary>Bytes of a proof with the largest value.</summary>
    public const int ProofWithValueBytesMax = ProofBytesMax + ProgramLimits.StateValueBytesMax;

    /// <summary>
    /// Entries of one chunk, in bytes: a page of an export that fits into one document or answer. One entry may always stand alone, so it
    /// is more than the longest key with the largest value.
    /// </summary>
    public const int ChunkEntryBytesMax = 2 * 1024 * 1024;

    /// <summary>Entries of one chunk: what the smallest entries give within its bytes.</summary>
    public const int ChunkEntriesMax = ChunkEntryBytesMax / StateEntryForm.OverheadBytes;

    /// <summary>Bytes of a whole chunk: its entries, both borders, the leaf before it, and the counts.</summary>
    public const int ChunkBytesMax = ChunkEntryBytesMax + (2 * SiblingsMax * StateSibling.Size) + StateLeaf.Size + 16;

    /// <summary>Characters of a proof's JSON form: base64 of the value, and two digits and some punctuation for every other byte.</summary>
    public const int JsonCharactersMax =
        (ProgramLimits.StateValueBytesMax * 4 / 3) + (4 * ProofBytesMax) + (2 * ProgramLimits.StateKeyBytesMax);
}
