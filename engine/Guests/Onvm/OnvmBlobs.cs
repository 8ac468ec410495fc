using System.Text;
using System.Text.Unicode;

namespace Marketplace.Engine.Guests.Onvm;

/// <summary>
/// Blobs in the ONVM ABI. Codes for an id: -2 it is out of bounds, -3 no UTF-8, -4 no hexadecimal digits, -5 not 32 bytes long, also where
/// its text is over <see cref="GuestPolicy.BlobIdBytesMax"/>. A blob that cannot be read ends the run as the host's fault.
/// </summary>
internal static class OnvmBlobs
{
    /// <summary>onvm_blob_exists(id, size): 1 or 0.</summary>
    public static long Exists(GuestRun run, HostArguments arguments)
    {
        var error = ReadId(run, arguments, acceptsRaw: true, out var id);
        return error != 0 ? error
            : LengthOf(run, id) is null ? 0
            : 1;
    }

    /// <summary>onvm_blob_len(id, size): the blob's size, -1 where it is not known.</summary>
    public static long Length(GuestRun run, HostArguments arguments)
    {
        var error = ReadId(run, arguments, acceptsRaw: true, out var id);
        return error != 0 ? error : LengthOf(run, id) ?? -1;
    }

    /// <summary>onvm_blob_hash(id, size, hash out): 0. -2 the blob is not known, -4 the place leaves the guest's memory.</summary>
    public static long Hash(GuestRun run, HostArguments arguments)
    {
        var error = ReadId(run, arguments, acceptsRaw: true, out var id);
        if (error != 0)
        {
            return error;
        }
        if (LengthOf(run, id) is null)
        {
            return -2;
        }
        if (!run.Memory.TryWrite(arguments.U32(2), Bytes32.Size, out var hash))
        {
            return -4;
        }

        // A blob's id is the hash of its content.
        id.Value.CopyTo(hash);
        return 0;
    }

    /// <summary>
    /// onvm_blob_read(id, size, blob out, room), with the id in hexadecimal digits: the blob's size. -6 it is not known, -7 too little
    /// room, or more than <see cref="GuestPolicy.BlobBytesMax"/>, -8 the place leaves the guest's memory.
    /// </summary>
    public static long Read(GuestRun run, HostArguments arguments)
    {
        var error = ReadId(run, arguments, acceptsRaw: false, out var id);
        if (error != 0)
        {
            return error;
        }
        if (LengthOf(run, id) is not { } size)
        {
            return -6;
        }
        if (size > arguments.U32(3) || size > GuestPolicy.BlobBytesMax)
        {
            return -7;
        }
        if (!run.Memory.TryWrite(arguments.U32(2), (uint)size, out var destination))
        {
            return -8;
        }
        run.ChargeCopy(size);
        return ReadInto(run, id, destination) ? size : -6;
    }

    private static long? LengthOf(GuestRun run, BlobId id)
    {
        run.Charge(GuestPolicy.FuelPerLookup);
        return GuestHostFault.Guard(() => run.Blobs!.Length(id));
    }

    // Not by Guard: a span cannot be captured. A blob whose owner has removed it meanwhile is unknown like any other: a fault of the host
    // would be an end that a client can choose.
    private static bool ReadInto(GuestRun run, BlobId id, Span<byte> destination)
    {
        try
        {
            return run.Blobs!.TryRead(id, destination);
        }
        catch (Exception cause)
        {
            throw new GuestHostFault(cause);
        }
    }

    private static int ReadId(GuestRun run, HostArguments arguments, bool acceptsRaw, out BlobId id)
    {
        id = default;
        var size = arguments.U32(1);
        if (!run.Memory.TryRead(arguments.U32(0), size, out var text))
        {
            return OnvmImports.BadPointer;
        }
        run.ChargeCopy(size);
        if (acceptsRaw && size == Bytes32.Size)
        {
            id = new BlobId(new Bytes32(text));
            return 0;
        }

        if (size > GuestPolicy.BlobIdBytesMax)
        {
            return -5;
        }
        if (!Utf8.IsValid(text))
        {
            return -3;
        }
        text = text.Trim(" \t\r\n"u8);
        if (text.Length % 2 != 0 || text.ContainsAnyExcept(HexDigits))
        {
            return -4;
        }
        if (text.Length != Bytes32.TextSize || !Bytes32.TryParse(Encoding.ASCII.GetString(text), out var value))
        {
            return -5;
        }
        id = new BlobId(value);
        return 0;
    }

    private static ReadOnlySpan<byte> HexDigits => "0123456789abcdefABCDEF"u8;
}
