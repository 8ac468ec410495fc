using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Text;

namespace Marketplace.Crypto;

/// <summary>
/// How ids come from what they name. Each kind has its own BLAKE3 domain, and every part of variable length is written behind its length
/// (u32, little-endian), so two different sets of parts never have the same bytes. Pure; none of the methods allocates for parts of
/// ordinary size (<see cref="StackMax"/>).
/// </summary>
public static class IdDerivation
{
    /// <summary>Material up to this size is put together on the stack: request ids and salts are far smaller than that.</summary>
    private const int StackMax = 1024;

    private static readonly Blake3Domain JobDomain = new("marketplace 2026 job id v1");
    private static readonly Blake3Domain ProgramDomain = new("marketplace 2026 program id v1");
    private static readonly Blake3Domain StakeDomain = new("marketplace 2026 stake id v1");

    /// <summary>Refuses unpaired surrogates: replaced by U+FFFD, different request ids would name the same job.</summary>
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>
    /// Derive-key "marketplace 2026 job id v1" over: account (32 bytes), length of the request id in UTF-8 (u32 LE), the request id in
    /// UTF-8. The same request sent twice therefore names the same job.
    /// </summary>
    /// <exception cref="ArgumentException"><paramref name="requestId"/> has an unpaired surrogate, hence no UTF-8 form.</exception>
    [SkipLocalsInit]
    public static JobId Job(AccountId account, string requestId)
    {
        ArgumentNullException.ThrowIfNull(requestId);
        var length = StrictUtf8.GetByteCount(requestId);
        var size = Bytes32.Size + sizeof(uint) + length;
        var material = size <= StackMax ? stackalloc byte[StackMax] : new byte[size];
        account.Value.CopyTo(material);
        BinaryPrimitives.WriteUInt32LittleEndian(material[Bytes32.Size..], (uint)length);
        StrictUtf8.GetBytes(requestId, material[(Bytes32.Size + sizeof(uint))..]);
        return new JobId(JobDomain.Hash(material[..size]));
    }

    /// <summary>
    /// Derive-key "marketplace 2026 program id v1" over: module blob id (32 bytes), length of the salt (u32 LE), the salt.
    /// </summary>
    [SkipLocalsInit]
    public static ProgramId Program(BlobId module, ReadOnlySpan<byte> salt)
    {
        var size = Bytes32.Size + sizeof(uint) + salt.Length;
        var material = size <= StackMax ? stackalloc byte[StackMax] : new byte[size];
        module.Value.CopyTo(material);
        BinaryPrimitives.WriteUInt32LittleEndian(material[Bytes32.Size..], (uint)salt.Length);
        salt.CopyTo(material[(Bytes32.Size + sizeof(uint))..]);
        return new ProgramId(ProgramDomain.Hash(material[..size]));
    }

    /// <summary>
    /// Derive-key "marketplace 2026 stake id v1" over: worker (32 bytes), account (32 bytes), length of the request id in UTF-8 (u32 LE),
    /// the request id in UTF-8. It is the id of the hold that the stake is.
    /// </summary>
    /// <exception cref="ArgumentException"><paramref name="requestId"/> has an unpaired surrogate, hence no UTF-8 form.</exception>
    [SkipLocalsInit]
    public static Bytes32 Stake(WorkerId worker, AccountId account, string requestId)
    {
        ArgumentNullException.ThrowIfNull(requestId);
        const int Ids = 2 * Bytes32.Size;
        var length = StrictUtf8.GetByteCount(requestId);
        var size = Ids + sizeof(uint) + length;
        var material = size <= StackMax ? stackalloc byte[StackMax] : new byte[size];
        worker.Value.CopyTo(material);
        account.Value.CopyTo(material[Bytes32.Size..]);
        BinaryPrimitives.WriteUInt32LittleEndian(material[Ids..], (uint)length);
        StrictUtf8.GetBytes(requestId, material[(Ids + sizeof(uint))..]);
        return StakeDomain.Hash(material[..size]);
    }

    /// <summary>The plain BLAKE3 hash of the content, without domain or salt: the digits that <c>b3sum</c> prints for the file.</summary>
    public static BlobId Blob(ReadOnlySpan<byte> content) => new(Blake3.Hash(content));
}
