using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using Marketplace.Receipts;

namespace Marketplace.Cli.Commands;

/// <summary>
/// What the command writes for later: a proof as JSON, or a whole state. A state's file: <c>MKTSTATE</c>, version (1), program and root (32
/// bytes each), then the chunks of receipts/STATE.md, each behind its length (u32, little-endian).
/// </summary>
internal static class StateFile
{
    private const byte Version = 1;
    private const int HeadBytes = 8 + 1 + (2 * Bytes32.Size);
    private const string ProofFormat = "marketplace state proof 1";

    private static ReadOnlySpan<byte> Magic => "MKTSTATE"u8;

    public static byte[] Head(ProgramId program, StateRoot root)
    {
        var head = new byte[HeadBytes];
        Magic.CopyTo(head);
        head[Magic.Length] = Version;
        program.Value.CopyTo(head.AsSpan(Magic.Length + 1));
        root.Value.CopyTo(head.AsSpan(Magic.Length + 1 + Bytes32.Size));
        return head;
    }

    public static async Task Append(Stream file, ReadOnlyMemory<byte> chunk, CancellationToken cancellation)
    {
        var length = new byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(length, (uint)chunk.Length);
        await file.WriteAsync(length, cancellation);
        await file.WriteAsync(chunk, cancellation);
    }

    /// <returns>Program and root; null where the file is no state's.</returns>
    public static async Task<(ProgramId Program, StateRoot Root)?> ReadHead(Stream file, CancellationToken cancellation)
    {
        var head = new byte[HeadBytes];
        var read = await file.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, cancellation);
        if (read < Magic.Length || !head.AsSpan().StartsWith(Magic))
        {
            return null;
        }
        if (read < head.Length || head[Magic.Length] != Version)
        {
            throw Damaged($"its head is cut short, or its version is not {Version}");
        }
        return (new ProgramId(new Bytes32(head.AsSpan(9, Bytes32.Size))), new StateRoot(new Bytes32(head.AsSpan(41))));
    }

    /// <returns>Null at the file's end.</returns>
    public static async Task<byte[]?> ReadChunk(Stream file, CancellationToken cancellation)
    {
        var length = new byte[sizeof(uint)];
        var read = await file.ReadAtLeastAsync(length, length.Length, throwOnEndOfStream: false, cancellation);
        if (read == 0)
        {
            return null;
        }
        var size = BinaryPrimitives.ReadUInt32LittleEndian(length);
        if (read < length.Length || size > StateProofPolicy.ChunkBytesMax)
        {
            throw Damaged($"a chunk is cut short, or has more than {StateProofPolicy.ChunkBytesMax} bytes");
        }
        var chunk = new byte[size];
        return await file.ReadAtLeastAsync(chunk, chunk.Length, throwOnEndOfStream: false, cancellation) == chunk.Length
            ? chunk
            : throw Damaged("its last chunk is cut short");
    }

    public static byte[] WriteProof(ProgramId program, StateRoot root, string key, StateProof proof)
    {
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes))
        {
            writer.WriteStartObject();
            writer.WriteString("format", ProofFormat);
            writer.WriteString("program", program.ToString());
            writer.WriteString("root", root.ToString());
            writer.WriteString("key", key);
            writer.WritePropertyName("proof");
            writer.WriteRawValue(proof.ToJson());
            writer.WriteEndObject();
        }
        return [.. bytes.ToArray(), (byte)'\n'];
    }

    /// <returns>The root that the file says, if it says one, the key and its proof; what else the file says proves nothing.</returns>
    public static (StateRoot? Root, byte[] Key, StateProof Proof) ReadProof(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var root = document.RootElement;
            if (root.GetProperty("format").GetString() != ProofFormat)
            {
                throw Damaged($"its format is not '{ProofFormat}'");
            }
            var key = Convert.FromHexString(root.GetProperty("key").GetString()!);
            StateRoot? said = root.TryGetProperty("root", out var text) ? StateRoot.Parse(text.GetString()!) : null;
            return (said, key, StateProof.ReadJson(root.GetProperty("proof").GetRawText()));
        }
        catch (Exception malformed)
            when (malformed
                    is JsonException
                        or FormatException
                        or KeyNotFoundException
                        or InvalidOperationException
                        or ArgumentNullException
            )
        {
            throw Damaged(malformed.Message);
        }
    }

    public static CommandException Damaged(string what) =>
        new(
            new Failure(
                ExitCodes.Damaged,
                "damaged_file",
                $"The file is neither a proof nor a state: {what}.",
                "'market state prove' and 'market state export' write such files."
            )
        );

    /// <summary>A key as it was typed: text, or hexadecimal behind <c>hex:</c>.</summary>
    public static bool TryKey(string typed, out byte[] key)
    {
        key = [];
        if (!typed.StartsWith("hex:", StringComparison.Ordinal))
        {
            key = Encoding.UTF8.GetBytes(typed);
            return key.Length <= ProgramLimits.StateKeyBytesMax;
        }
        try
        {
            key = Convert.FromHexString(typed.AsSpan(4));
            return key.Length <= ProgramLimits.StateKeyBytesMax;
        }
        catch (FormatException)
        {
            return false;
        }
    }
}
