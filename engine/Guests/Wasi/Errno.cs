namespace Marketplace.Engine.Guests.Wasi;

/// <summary>
/// The error numbers of WASI preview 1 that this host gives: https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#errno
/// </summary>
internal enum Errno : ushort
{
    Success = 0,

    /// <summary>The descriptor is not open, or not for this use.</summary>
    BadFile = 8,

    /// <summary>A pointer or length leaves the guest's memory.</summary>
    Fault = 21,

    /// <summary>An argument has a value that means nothing.</summary>
    Invalid = 28,

    /// <summary>This host does not have the function.</summary>
    NotImplemented = 52,

    /// <summary>The descriptor is no directory.</summary>
    NotDirectory = 54,

    /// <summary>The descriptor is no socket.</summary>
    NotSocket = 57,

    /// <summary>The descriptor does not do this.</summary>
    NotSupported = 58,

    /// <summary>A stream has no position.</summary>
    IllegalSeek = 70,
}
