namespace Marketplace.Storage;

/// <summary>
/// One flat folder of files: all that the journal and the archive ask of a disk, so that a simulated disk can take its place.
/// Nothing is promised to survive a power cut before the matching <see cref="IJournalFile.Flush"/> (bytes, length) or
/// <see cref="FlushFolder"/> (creation, renaming, deletion) returned. Each method throws <see cref="IOException"/> when the disk fails.
/// </summary>
public interface IJournalFiles
{
    /// <summary>What a message calls this folder.</summary>
    string Folder { get; }

    /// <returns>The names of all files, in ordinal order.</returns>
    IReadOnlyList<string> List();

    /// <summary>Makes an empty file and sets <paramref name="size"/> bytes of zeros aside for it.</summary>
    IJournalFile Create(string name, long size);

    /// <summary>Opens an existing file for reading and writing.</summary>
    IJournalFile Open(string name);

    void Rename(string from, string to);

    void Delete(string name);

    void FlushFolder();
}

/// <summary>An open file. One writer at a time; reading beside it is allowed.</summary>
public interface IJournalFile : IDisposable
{
    long Length { get; }

    /// <summary>Reads until the destination is full or the file ends.</summary>
    /// <returns>How many bytes were read.</returns>
    int Read(long offset, Span<byte> destination);

    void Write(long offset, ReadOnlySpan<byte> bytes);

    void SetLength(long length);

    /// <summary>
    /// Returns when everything written so far is on the disk. After a failure what is there is unknown: never try again.
    /// </summary>
    void Flush();
}
