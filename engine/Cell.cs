using System.Runtime.InteropServices;

namespace Marketplace.Engine;

/// <summary>
/// Room for a number of any type, in globals, results that go through the run, and the arguments of entries. Compiled code writes
/// the whole lower half for a number of 32 or 64 bits, zero-extended, and leaves the upper one as it is.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal struct Cell
{
    public long Low;

    /// <summary>The upper half of a vector; means nothing for other types.</summary>
    public long High;
}
