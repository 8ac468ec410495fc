namespace Marketplace.Engine.Guests.Wasi;

/// <summary>
/// The error numbers of WASI preview 1 that this host gives: https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#errno
/// </summary>
internal enum Errno : ushort
{
    Success = 0,

    /// <summary>The descriptor is not open, or not for this use.</summary>
    BadFile = 8,

    /// <summary>The directory belongs to the machine and stays where it is.</summary>
    Busy = 10,

    Exists = 20,

    /// <summary>A pointer or length leaves the guest's memory.</summary>
    Fault = 21,

    /// <summary>A file would pass the size that any file may have.</summary>
    FileTooBig = 22,

    /// <summary>A path is no UTF-8.</summary>
    IllegalSequence = 25,

    /// <summary>An argument has a value that means nothing.</summary>
    Invalid = 28,

    IsDirectory = 31,

    /// <summary>Too many symbolic links, or one where none may be followed.</summary>
    Loop = 32,

    TooManyDescriptors = 33,
    NameTooLong = 37,
    NoEntry = 44,

    /// <summary>No room for more files or bytes.</summary>
    NoSpace = 51,

    /// <summary>This host does not have the function.</summary>
    NotImplemented = 52,

    /// <summary>The descriptor, or a part of a path, is no directory.</summary>
    NotDirectory = 54,

    NotEmpty = 55,

    /// <summary>The descriptor is no socket.</summary>
    NotSocket = 57,

    /// <summary>A directory has one name only.</summary>
    NotPermitted = 63,

    ReadOnlyFiles = 69,

    /// <summary>A stream has no position.</summary>
    IllegalSeek = 70,

    /// <summary>A link would cross between the read-only and the writable files.</summary>
    CrossDevice = 75,

    /// <summary>The descriptor lacks a right, or a path leads out of the directory that it began in.</summary>
    NotCapable = 76,
}
