namespace Marketplace.Storage;

/// <summary>Bounds of the store, each with its reason.</summary>
public static class StoragePolicy
{
    /// <summary>One document or one append: bounds a record of the journal, and so what recovery must hold in memory at once.</summary>
    public const int DocumentBytesMax = 4 * 1024 * 1024;

    /// <summary>
    /// A kind, id or stream name, well-formed text without U+0000: three ids and some words fit; longer ones are a caller's mistake.
    /// </summary>
    public const int NameBytesMax = 512;

    /// <summary>Entries of one append: their count has two bytes in the journal.</summary>
    public const int AppendEntriesMax = ushort.MaxValue;

    /// <summary>Rows of one page of a listing: what a person or a program reads in one go.</summary>
    public const int PageRowsMax = 1000;
}
