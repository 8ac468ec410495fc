using System.Net;
using Marketplace.Tests;

namespace Marketplace.Sdk.Tests;

public sealed class BlobTests : IDisposable
{
    private readonly Fixture _fixture = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("marketplace-sdk-").FullName;

    private FakeService Service => _fixture.Service;

    public void Dispose()
    {
        _fixture.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(SdkPolicy.PieceBytes)]
    [InlineData((3 * SdkPolicy.PieceBytes) + 17)]
    public async Task Put_SendsEveryByteAndChecksTheAnswer(int size)
    {
        var content = Content(size);
        Service.On("POST /v1/blobs", Samples.Blob(content));
        var progress = new Meter();

        var blob = await _fixture.Client.Blobs.Put(new MemoryStream(content), progress, Fixture.Cancellation);

        Assert.Equal(Samples.Blob(content), blob);
        Assert.Equal(content, Service.Received[0].Body);
        Assert.Equal(size, progress.Last);
    }

    [Fact]
    public async Task Put_BeginsAtThePositionOfTheStream()
    {
        var content = Content(100);
        Service.On("POST /v1/blobs", Samples.Blob(content[40..]));

        await _fixture.Client.Blobs.Put(new MemoryStream(content) { Position = 40 }, cancellation: Fixture.Cancellation);

        Assert.Equal(content[40..], Service.Received[0].Body);
    }

    [Fact]
    public async Task PutAnsweredWithAnotherId_IsDamage()
    {
        Service.On("POST /v1/blobs", Samples.Blob([9]));

        var wrong = await Assert.ThrowsAsync<BlobVerificationException>(() => _fixture.Client.Blobs.Put(Content(10), Fixture.Cancellation));

        Assert.Equal(Samples.Blob([9]).Id, wrong.Actual);
    }

    [Fact]
    public async Task PutThatFailed_IsSentAgainFromTheStart()
    {
        var content = Content(1000);
        Service.Fails("POST /v1/blobs").On("POST /v1/blobs", Samples.Blob(content));

        await _fixture.Client.Blobs.Put(new MemoryStream(content), cancellation: Fixture.Cancellation);

        Assert.Equal(content, Service.Received[1].Body);
    }

    [Fact]
    public async Task PutOfAStreamThatCanBeReadOnce_IsSentOnce()
    {
        var content = Content(1000);
        Service.Refuses("POST /v1/blobs", ErrorCode.Unavailable, HttpStatusCode.ServiceUnavailable);

        await Assert.ThrowsAsync<MarketplaceException>(() =>
            _fixture.Client.Blobs.Put(new OneWay(content), cancellation: Fixture.Cancellation)
        );

        Assert.Equal(content, Assert.Single(Service.Received).Body);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(300_000)]
    public async Task Open_GivesTheBytesOfTheId(int size)
    {
        var content = Content(size);
        var id = Samples.Blob(content).Id;
        Service.On($"GET /v1/blobs/{id}", _ => FakeService.Bytes(content));

        await using var stream = await _fixture.Client.Blobs.Open(id, Fixture.Cancellation);
        using var copy = new MemoryStream();
        await stream.CopyToAsync(copy, Fixture.Cancellation);

        Assert.Equal(content, copy.ToArray());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(300_000)]
    public async Task WrongBytes_AreNeverGivenToTheirEnd(int size)
    {
        var content = Content(size);
        var id = Samples.Blob([.. content, 1]).Id;
        Service.On($"GET /v1/blobs/{id}", _ => FakeService.Bytes(content));

        await using var stream = await _fixture.Client.Blobs.Open(id, Fixture.Cancellation);
        using var copy = new MemoryStream();
        var wrong = await Assert.ThrowsAsync<BlobVerificationException>(() => stream.CopyToAsync(copy, Fixture.Cancellation));

        Assert.Equal((id, Samples.Blob(content).Id), (wrong.Expected, wrong.Actual));
        Assert.True(copy.Length < size || size == 0);
    }

    [Fact]
    public async Task EveryFlippedBit_IsDetected()
    {
        var content = Content(64);
        var id = Samples.Blob(content).Id;
        var flipped = content;
        Service.On($"GET /v1/blobs/{id}", _ => FakeService.Bytes(flipped));
        for (var bit = 0; bit < content.Length * 8; bit++)
        {
            flipped = [.. content];
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            await using var stream = await _fixture.Client.Blobs.Open(id, Fixture.Cancellation);
            await Assert.ThrowsAsync<BlobVerificationException>(() => stream.CopyToAsync(Stream.Null, Fixture.Cancellation));
        }
    }

    [Fact]
    public async Task DownloadThatEndsEarly_IsABrokenConnection()
    {
        var content = Content(100);
        var id = Samples.Blob(content).Id;
        Service.On(
            $"GET /v1/blobs/{id}",
            _ =>
            {
                var answer = new HttpResponseMessage { Content = new StreamContent(new OneWay(content[..60])) };
                answer.Content.Headers.ContentLength = 100;
                return answer;
            }
        );

        await using var stream = await _fixture.Client.Blobs.Open(id, Fixture.Cancellation);

        await Assert.ThrowsAsync<MarketplaceUnreachableException>(() => stream.CopyToAsync(Stream.Null, Fixture.Cancellation));
    }

    [Fact]
    public async Task GetToFile_WritesTheWholeFile()
    {
        var content = Content(200_000);
        var id = Samples.Blob(content).Id;
        var path = Path.Combine(_folder, "blob");
        Service.On($"GET /v1/blobs/{id}", _ => FakeService.Bytes(content));

        Assert.Equal(200_000, await _fixture.Client.Blobs.GetToFile(id, path, cancellation: Fixture.Cancellation));

        Assert.Equal(content, await File.ReadAllBytesAsync(path, Fixture.Cancellation));
        Assert.Single(Directory.GetFiles(_folder));
    }

    [Fact]
    public async Task GetToFileOfWrongBytes_LeavesNoFile()
    {
        var id = Samples.Blob([1]).Id;
        Service.On($"GET /v1/blobs/{id}", _ => FakeService.Bytes([2]));

        await Assert.ThrowsAsync<BlobVerificationException>(() =>
            _fixture.Client.Blobs.GetToFile(id, Path.Combine(_folder, "blob"), cancellation: Fixture.Cancellation)
        );

        Assert.Empty(Directory.GetFiles(_folder));
    }

    [Fact]
    public async Task GetToFile_ReplacesAFileOnlyWhenAsked()
    {
        var id = Samples.Blob([1]).Id;
        var path = Path.Combine(_folder, "blob");
        await File.WriteAllTextAsync(path, "mine", Fixture.Cancellation);
        Service.On($"GET /v1/blobs/{id}", _ => FakeService.Bytes([1]));

        await Assert.ThrowsAsync<IOException>(() => _fixture.Client.Blobs.GetToFile(id, path, cancellation: Fixture.Cancellation));
        Assert.Equal("mine", await File.ReadAllTextAsync(path, Fixture.Cancellation));

        await _fixture.Client.Blobs.GetToFile(id, path, overwrite: true, cancellation: Fixture.Cancellation);
        Assert.Equal([1], await File.ReadAllBytesAsync(path, Fixture.Cancellation));
    }

    private static byte[] Content(int size)
    {
        var content = new byte[size];
        new Random(size).NextBytes(content);
        return content;
    }

    private sealed class Meter : IProgress<long>
    {
        public long Last { get; private set; }

        public void Report(long value) => Last = value;
    }

    /// <summary>A pipe: it can be read once.</summary>
    private sealed class OneWay(byte[] content) : MemoryStream(content)
    {
        public override bool CanSeek => false;
    }
}
