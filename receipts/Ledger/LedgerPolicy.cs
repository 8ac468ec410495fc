namespace Marketplace.Receipts;

/// <summary>Bounds of ledgers, each with its reason. A check refuses what is beyond them before it hashes.</summary>
public static class LedgerPolicy
{
    /// <summary>Words of one operation: an offer with all its labels and refused accounts, or all options of a silo, and room.</summary>
    public const int WordsMax = 256;

    /// <summary>UTF-8 bytes of a word's name or of a kind: a few words of English.</summary>
    public const int NameBytesMax = 64;

    /// <summary>UTF-8 bytes of a word's value: a name, a path or a reason; longer things are named by their hash.</summary>
    public const int ValueBytesMax = 1024;

    /// <summary>
    /// UTF-8 bytes of all names and values of one operation: the largest offer has some 16,000. It bounds an entry of the log, and so a
    /// page of records.
    /// </summary>
    public const int SubjectBytesMax = 32 * 1024;

    /// <summary>
    /// Bytes of one line of a ledger's file: each byte of a subject may need six as an escape, its punctuation as much again, and the other
    /// members less than 2 KiB.
    /// </summary>
    public const int LineBytesMax = 512 * 1024;

    /// <summary>Levels of a tree: sizes have 63 bits.</summary>
    public const int LevelsMax = 63;

    /// <summary>Hashes of one proof: two for each level, and one.</summary>
    public const int ProofHashesMax = (2 * LevelsMax) + 1;
}
