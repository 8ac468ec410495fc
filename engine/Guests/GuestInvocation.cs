using System.Collections.Immutable;

namespace Marketplace.Engine.Guests;

/// <summary>Everything that one run of a program may see and use. Nothing else of the host is visible to it.</summary>
public sealed record GuestInvocation
{
    /// <summary>The exported function to call; null: <c>_start</c> of a WASI command, else the module's only ONVM entry point.</summary>
    public string? EntryPoint { get; init; }

    public ReadOnlyMemory<byte> Input { get; init; }

    /// <summary>Arguments after the program's name, as a WASI command reads them.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>Names and values of the environment; empty where the job gives none.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>Files that there are from the start; those under <see cref="GuestPolicy.InputDirectory"/> cannot be changed.</summary>
    public IReadOnlyList<GuestFile> Files { get; init; } = [];

    /// <summary>The one moment that the guest's clocks show: the job's submission time.</summary>
    public required DateTimeOffset Now { get; init; }

    /// <summary>Seeds the guest's randomness: the job id.</summary>
    public required Bytes32 Seed { get; init; }

    public required GuestLimits Limits { get; init; }

    /// <summary>The program's state at the root that the run starts from. Calls block the guest's thread.</summary>
    public IGuestState? State { get; init; }

    /// <summary>The blobs that the guest may read. Calls block the guest's thread.</summary>
    public IGuestBlobs? Blobs { get; init; }

    /// <summary>ECDSA over secp256k1, for the programs that import it.</summary>
    public IGuestSignatures? Signatures { get; init; }

    /// <summary>Where others see how far the run has come; null: they do not.</summary>
    public GuestProgress? Progress { get; init; }

    /// <summary>Stops the guest inside a loop; looked at on every fuel slice.</summary>
    public CancellationToken Cancellation { get; init; }
}

/// <summary>Bounds of one run.</summary>
/// <param name="FuelMax">Instructions by the cost table.</param>
/// <param name="MemoryPagesMax">Linear memory in pages of 64 KiB.</param>
/// <param name="TimeMax">Wall time of the guest, compilation not included.</param>
/// <param name="OutputBytesMax">Bytes of output.</param>
/// <param name="LogBytesMax">Bytes of log; more is cut and the cut is marked.</param>
public sealed record GuestLimits(long FuelMax, int MemoryPagesMax, TimeSpan TimeMax, int OutputBytesMax, int LogBytesMax);

/// <summary>A program's keys and values, at one root.</summary>
public interface IGuestState
{
    /// <returns>False where the key has no value.</returns>
    bool TryGet(ReadOnlyMemory<byte> key, out ReadOnlyMemory<byte> value);

    /// <returns>The keys that begin with <paramref name="prefix"/>, in ascending byte order.</returns>
    IReadOnlyList<ReadOnlyMemory<byte>> List(ReadOnlyMemory<byte> prefix);

    /// <returns>The root that the state has with <paramref name="writes"/> applied.</returns>
    StateRoot RootWith(IReadOnlyList<StateWrite> writes);
}

/// <summary>One change of program state; a null value deletes the key.</summary>
public readonly record struct StateWrite(ReadOnlyMemory<byte> Key, ReadOnlyMemory<byte>? Value);

/// <summary>Content-addressed bytes that a guest may read.</summary>
public interface IGuestBlobs
{
    /// <returns>The size in bytes, or null where the blob is not known.</returns>
    long? Length(BlobId id);

    /// <summary>Reads the whole blob; the caller has checked its length against the guest's buffer.</summary>
    /// <returns>False where the blob is not known.</returns>
    bool TryRead(BlobId id, Span<byte> destination);
}

/// <summary>
/// ECDSA over secp256k1. A signature is r and s, a public key x and y, 32 bytes each. Every implementation must give the same answers: r
/// and s from 1 to n - 1, s at most half of n.
/// </summary>
public interface IGuestSignatures
{
    /// <summary>Whether r and s are in their ranges.</summary>
    bool IsSignature(ReadOnlySpan<byte> signature);

    /// <summary>Whether a public key is a point of the curve.</summary>
    bool IsPublicKey(ReadOnlySpan<byte> publicKey);

    bool Verify(ReadOnlySpan<byte> digest, ReadOnlySpan<byte> signature, ReadOnlySpan<byte> publicKey);

    /// <returns>False where no key made the signature with the recovery number, which is from 0 to 3.</returns>
    bool TryRecover(ReadOnlySpan<byte> digest, ReadOnlySpan<byte> signature, int recovery, Span<byte> publicKey);
}
