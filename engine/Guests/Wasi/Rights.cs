namespace Marketplace.Engine.Guests.Wasi;

/// <summary>
/// What may be done with a descriptor: https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#rights
/// </summary>
[Flags]
internal enum Rights : ulong
{
    None = 0,
    DataSync = 1 << 0,
    Read = 1 << 1,
    Seek = 1 << 2,
    SetFlags = 1 << 3,
    Sync = 1 << 4,
    Tell = 1 << 5,
    Write = 1 << 6,
    Advise = 1 << 7,
    Allocate = 1 << 8,
    CreateDirectory = 1 << 9,
    CreateFile = 1 << 10,
    LinkSource = 1 << 11,
    LinkTarget = 1 << 12,
    OpenPath = 1 << 13,
    ReadDirectory = 1 << 14,
    ReadLink = 1 << 15,
    RenameSource = 1 << 16,
    RenameTarget = 1 << 17,
    GetPathStatus = 1 << 18,
    SetPathSize = 1 << 19,
    SetPathTimes = 1 << 20,
    GetStatus = 1 << 21,
    SetSize = 1 << 22,
    SetTimes = 1 << 23,
    Symlink = 1 << 24,
    RemoveDirectory = 1 << 25,
    Unlink = 1 << 26,
    Poll = 1 << 27,

    /// <summary>What means something on a file.</summary>
    OfFile = DataSync | Read | Seek | SetFlags | Sync | Tell | Write | Advise | Allocate | GetStatus | SetSize | SetTimes | Poll,

    /// <summary>What means something on a directory.</summary>
    OfDirectory =
        DataSync
        | SetFlags
        | Sync
        | CreateDirectory
        | CreateFile
        | LinkSource
        | LinkTarget
        | OpenPath
        | ReadDirectory
        | ReadLink
        | RenameSource
        | RenameTarget
        | GetPathStatus
        | SetPathSize
        | SetPathTimes
        | GetStatus
        | SetTimes
        | Symlink
        | RemoveDirectory
        | Unlink,

    /// <summary>All that the ABI names, those of sockets included; a program may ask for more bits than mean anything.</summary>
    Known = (1 << 30) - 1,
}

/// <summary>
/// How a descriptor reads and writes: https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#fdflags
/// Nothing here waits and every write is as durable as it gets at once, so only <see cref="Append"/> changes anything.
/// </summary>
[Flags]
internal enum DescriptorFlags : ushort
{
    None = 0,
    Append = 1,
    DataSync = 2,
    NonBlocking = 4,
    ReadSync = 8,
    Sync = 16,
    Known = Append | DataSync | NonBlocking | ReadSync | Sync,
}

/// <summary>https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#oflags</summary>
[Flags]
internal enum OpenFlags : ushort
{
    None = 0,
    Create = 1,
    Directory = 2,
    Exclusive = 4,
    Truncate = 8,
    Known = Create | Directory | Exclusive | Truncate,
}

/// <summary>https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#fstflags</summary>
[Flags]
internal enum TimeFlags : ushort
{
    Access = 1,
    AccessNow = 2,
    Modified = 4,
    ModifiedNow = 8,
    Known = Access | AccessNow | Modified | ModifiedNow,
}
