using System.Security.Cryptography;
using Marketplace.Crypto;

namespace Marketplace.Engine.Guests.Onvm;

/// <summary>Log, clock, chance and hashes of the ONVM ABI.</summary>
internal static class OnvmProcess
{
    private const int DigestSize = Keccak256.DigestSize;
    private const int HashSliceBytes = 64 << 10;
    private const int Sha256 = 1;
    private const int Keccak = 2;

    private static readonly byte[][] LevelNames = ["trace "u8.ToArray(), "debug "u8.ToArray(), "info "u8.ToArray(), "warn "u8.ToArray()];

    /// <summary>
    /// onvm_log(level, text, size): a line of the log, the level's name first. -3 the text is not UTF-8, -4 unknown level.
    /// </summary>
    public static long Log(GuestRun run, HostArguments arguments)
    {
        var size = arguments.U32(2);
        if (!run.Memory.TryRead(arguments.U32(1), size, out var text))
        {
            return OnvmImports.BadPointer;
        }
        run.ChargeCopy(size);
        if (!run.IsUtf8(text))
        {
            return -3;
        }
        var level = arguments.U32(0);
        if (level >= LevelNames.Length)
        {
            return -4;
        }
        run.Log.Append(LevelNames[level]);
        run.Log.Append(text);
        run.Log.Append("\n"u8);
        return 0;
    }

    /// <summary>onvm_now_ms(): the job's submission, in milliseconds since 1970.</summary>
    public static long Now(GuestRun run, HostArguments arguments) => run.Invocation.Now.ToUnixTimeMilliseconds();

    /// <summary>onvm_random_bytes(bytes out, size). -2 negative size, -3 the place leaves the guest's memory.</summary>
    public static long Random(GuestRun run, HostArguments arguments)
    {
        if (arguments.I32(1) < 0)
        {
            return OnvmImports.BadPointer;
        }
        return run.TryFillRandom(arguments.U32(0), arguments.U32(1)) ? 0 : -3;
    }

    /// <summary>
    /// onvm_crypto_hash(algorithm, bytes, size, digest out, room): 32. Algorithm 1 is SHA-256, 2 Keccak-256. -3 another algorithm, -32 too
    /// little room, -4 the place for the digest leaves the guest's memory.
    /// </summary>
    public static long Hash(GuestRun run, HostArguments arguments)
    {
        var algorithm = arguments.U32(0);
        if (!run.Memory.TryRead(arguments.U32(1), arguments.U32(2), out var bytes))
        {
            return OnvmImports.BadPointer;
        }
        if (algorithm is not (Sha256 or Keccak))
        {
            return -3;
        }
        if (arguments.U32(4) < DigestSize)
        {
            return -DigestSize;
        }
        if (!run.Memory.TryWrite(arguments.U32(3), DigestSize, out var digest))
        {
            return -4;
        }
        if (algorithm == Sha256)
        {
            HashSha256(run, bytes, digest);
        }
        else
        {
            HashKeccak(run, bytes, digest);
        }
        return DigestSize;
    }

    private static void HashSha256(GuestRun run, ReadOnlySpan<byte> bytes, Span<byte> digest)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (
            var slice = NextSlice(run, ref bytes, GuestPolicy.FuelPerSha256Byte);
            slice.Length > 0;
            slice = NextSlice(run, ref bytes, GuestPolicy.FuelPerSha256Byte)
        )
        {
            hash.AppendData(slice);
        }
        hash.GetHashAndReset(digest);
    }

    private static void HashKeccak(GuestRun run, ReadOnlySpan<byte> bytes, Span<byte> digest)
    {
        var hash = new Keccak256();
        for (
            var slice = NextSlice(run, ref bytes, GuestPolicy.FuelPerKeccakByte);
            slice.Length > 0;
            slice = NextSlice(run, ref bytes, GuestPolicy.FuelPerKeccakByte)
        )
        {
            hash.Append(slice);
        }
        hash.Finish(digest);
    }

    // Charging slice by slice lets a long message be cancelled or run out of fuel or time on the way.
    private static ReadOnlySpan<byte> NextSlice(GuestRun run, ref ReadOnlySpan<byte> bytes, int fuelPerByte)
    {
        var slice = bytes[..Math.Min(bytes.Length, HashSliceBytes)];
        run.Charge((long)slice.Length * fuelPerByte);
        bytes = bytes[slice.Length..];
        return slice;
    }
}
