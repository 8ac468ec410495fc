namespace Marketplace.Storage.Moving;

/// <summary>A file that is not whole and unchanged is refused, and says where.</summary>
public sealed class ExportFileTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task FileThatIsCutAnywhere_IsRefused()
    {
        var (file, bytes) = await Small();
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.InRange((await Refusal(bytes[..length])).Offset, 0, length);
        }
        Assert.Equal(new DateTimeOffset(1970, 1, 1, 0, 0, 0, TimeSpan.Zero), file.At);
        Assert.Equal(
            ("test", 10, 2, 10, 3),
            (file.Source, file.Contents.Documents, file.Contents.Streams, file.Contents.Entries, file.Contents.Blobs)
        );
    }

    [Fact]
    public async Task EachFlippedBit_IsRefused()
    {
        var (_, bytes) = await Small();
        // All eight of the beginning and the end, where lengths and hashes are; of the rest one a byte.
        foreach (
            var bit in Enumerable
                .Range(0, bytes.Length * 8)
                .Where(bit => bit < 800 || bit > (bytes.Length * 8) - 1200 || bit % 8 == bit / 8 % 8)
        )
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            await Refusal(bytes);
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Fact]
    public async Task BytesBehindTheSeal_AreRefused()
    {
        var (_, bytes) = await Small();
        Assert.Contains("follows the seal", (await Refusal([.. bytes, 0])).What);
    }

    [Fact]
    public async Task FileOfAnotherVersion_SaysWhich()
    {
        var header = ExportFormat.Header();
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(8), 2);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(12), Crc32C.Of(header.AsSpan(0, 12)));
        Assert.Contains("version 2", (await Refusal(header)).What);
        Assert.Contains("does not begin like an export", (await Refusal("#!/bin/sh and so on"u8.ToArray())).What);
        Assert.Contains("does not begin like an export", (await Refusal([])).What);
    }

    [Fact]
    public async Task RecordsThatAreMadeUp_AreRefused()
    {
        Assert.Contains("cannot follow entry", (await Written(writer => writer.Entry("s", 2, [1]))).What);
        Assert.Contains(
            "cannot follow one of kind",
            (
                await Written(writer =>
                {
                    writer.Entry("s", 1, [1]);
                    writer.Document(new DocumentKey("k", "a"), [1]);
                })
            ).What
        );
        Assert.Contains("no data folder has", (await Written(writer => writer.Secret("../key", [1]))).What);
        Assert.Contains("no data folder has", (await Written(writer => writer.Secret(".key", [1]))).What);
        Assert.Contains("are allowed", (await Written(writer => writer.Document(new DocumentKey(new string('k', 513), "a"), [1]))).What);
        var wrong = await Written(writer =>
            writer
                .Blob(new BlobId(Crypto.Blake3.Hash("a"u8)), 1, new MemoryStream("b"u8.ToArray()), null, Cancel)
                .AsTask()
                .GetAwaiter()
                .GetResult()
        );
        Assert.Contains("do not have its hash", wrong.What);
    }

    private static async Task<ExportFileException> Written(Action<ExportWriter> write)
    {
        var file = new MemoryStream();
        var writer = new ExportWriter(file);
        writer.About(DateTimeOffset.UnixEpoch, "test");
        write(writer);
        writer.Finish();
        return await Refusal(file.ToArray());
    }

    private static async Task<ExportFileException> Refusal(byte[] bytes)
    {
        return await Assert.ThrowsAsync<ExportFileException>(async () => await StoreImport.Verify(new MemoryStream(bytes), "file", Cancel));
    }

    private static async Task<(ExportedFile File, byte[] Bytes)> Small()
    {
        var stream = new MemoryStream();
        var writer = new ExportWriter(stream);
        writer.About(DateTimeOffset.UnixEpoch, "test");
        writer.Secret("account.key", "secret"u8);
        foreach (var size in (int[])[0, 5, 1500])
        {
            var content = new byte[size];
            await writer.Blob(new BlobId(Crypto.Blake3.Hash(content)), size, new MemoryStream(content), null, Cancel);
        }
        for (var index = 0; index < 10; index++)
        {
            writer.Document(new DocumentKey("kind", $"{index}"), new byte[index * 10]);
        }
        for (var index = 0; index < 10; index++)
        {
            writer.Entry($"stream {index / 5}", (index % 5) + 1, new byte[index * 10]);
        }
        writer.Finish();
        return (await StoreImport.Verify(new MemoryStream(stream.ToArray()), "file", Cancel), stream.ToArray());
    }
}
