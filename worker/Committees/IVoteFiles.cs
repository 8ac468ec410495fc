namespace Marketplace.Worker;

/// <summary>
/// The folder of a vote log, so that a disk which loses power can take its place. Nothing is promised to survive a power cut before the
/// matching <see cref="IVoteFile.Flush"/> (bytes) or <see cref="FlushFolder"/> (creation, renaming, deletion) returned. Each method
/// throws <see cref="IOException"/> when the disk fails.
/// </summary>
public interface IVoteFiles
{
    /// <summary>What a message calls a file.</summary>
    string PathOf(string name);

    bool Exists(string name);

    /// <returns>Null where there is no such file.</returns>
    byte[]? Read(string name);

    /// <summary>Makes an empty file that only its owner may read.</summary>
    IVoteFile Create(string name);

    /// <summary>
    /// Writes a small file in its place, and waits for no disk: after a power cut it may be as before, cut short, or gone.
    /// </summary>
    void Note(string name, ReadOnlySpan<byte> bytes);

    void Rename(string from, string to);

    /// <summary>A file that is not there stays away.</summary>
    void Delete(string name);

    void FlushFolder();
}

/// <summary>A file that is written at its end.</summary>
public interface IVoteFile : IDisposable
{
    void Append(ReadOnlySpan<byte> bytes);

    /// <summary>Returns when everything written so far is on the disk. After a failure what is there is unknown: never try again.</summary>
    void Flush();
}
