using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Marketplace.Sdk.Transport;

/// <summary>
/// A JSON body in a pooled array, written once and sent as often as needed. An answer may come while the body is still being sent, so the
/// array goes back to the pool only when the owner has disposed the body and no send is reading from it.
/// </summary>
internal sealed class RequestBody : IBufferWriter<byte>, IDisposable
{
    private const int SizeMin = 1024;

    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(SizeMin);
    private int _length;
    private int _users = 1;
    private int _disposed;

    public static RequestBody Of<T>(T value, JsonTypeInfo<T> form)
    {
        var body = new RequestBody();
        try
        {
            using var writer = new Utf8JsonWriter(body, new JsonWriterOptions { SkipValidation = true });
            JsonSerializer.Serialize(writer, value, form);
            writer.Flush();
            return body;
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    public HttpContent ToContent() => new Content(this);

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            Release();
        }
    }

    public void Advance(int count) => _length += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        var needed = _length + Math.Max(sizeHint, SizeMin);
        if (needed > _bytes.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, _bytes.Length * 2));
            _bytes.AsSpan(0, _length).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = larger;
        }
        return _bytes.AsMemory(_length);
    }

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    private bool TryUse()
    {
        for (var users = Volatile.Read(ref _users); users > 0; users = Volatile.Read(ref _users))
        {
            if (Interlocked.CompareExchange(ref _users, users + 1, users) == users)
            {
                return true;
            }
        }
        return false;
    }

    private void Release()
    {
        if (Interlocked.Decrement(ref _users) == 0)
        {
            ArrayPool<byte>.Shared.Return(_bytes);
        }
    }

    private sealed class Content : HttpContent
    {
        private static readonly MediaTypeHeaderValue Json = new("application/json");
        private readonly RequestBody _body;

        public Content(RequestBody body)
        {
            _body = body;
            Headers.ContentType = Json;
            Headers.ContentLength = body._length;
        }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            if (!_body.TryUse())
            {
                throw new ObjectDisposedException(nameof(RequestBody), "The request has ended before its body was sent.");
            }
            try
            {
                await stream.WriteAsync(_body._bytes.AsMemory(0, _body._length), cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                _body.Release();
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = _body._length;
            return true;
        }
    }
}
