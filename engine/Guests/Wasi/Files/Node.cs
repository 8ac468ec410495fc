namespace Marketplace.Engine.Guests.Wasi.Files;

/// <summary>https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#filetype</summary>
internal enum NodeKind : byte
{
    Unknown = 0,
    Directory = 3,
    File = 4,
    SymbolicLink = 7,
}

/// <summary>What a name in a run's files stands for. It lives as long as a name or a descriptor leads to it.</summary>
/// <param name="number">Unlike that of any other node of the run.</param>
/// <param name="isReadOnly">It came with the job: neither it nor its times can be changed.</param>
/// <param name="now">The moment of its birth, nanoseconds since 1970.</param>
internal abstract class Node(ulong number, bool isReadOnly, ulong now)
{
    public ulong Number { get; } = number;

    public bool IsReadOnly { get; } = isReadOnly;

    public abstract NodeKind Kind { get; }

    public virtual long Length => 0;

    public ulong Accessed { get; set; } = now;

    public ulong Modified { get; set; } = now;

    public ulong Changed { get; set; } = now;

    /// <summary>Names that lead to it.</summary>
    public int Links { get; set; }

    /// <summary>Descriptors that are open on it.</summary>
    public int Openings { get; set; }
}

/// <summary>A symbolic link. Nothing looks at the target before a program follows it.</summary>
internal sealed class LinkNode(ulong number, string target, int targetBytes, ulong now) : Node(number, isReadOnly: false, now)
{
    public override NodeKind Kind => NodeKind.SymbolicLink;

    public override long Length => targetBytes;

    public string Target { get; } = target;

    /// <summary>
    /// The target as the host keeps it; it counts among the bytes of files, or links would be room without a bound.
    /// </summary>
    public long HeldBytes => (long)Target.Length * sizeof(char);
}
