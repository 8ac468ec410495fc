using System.IO.Pipelines;
using Marketplace.Sdk.Transport;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Marketplace.Sdk.Grains;

/// <summary>
/// A request's content as the gateway reads it. The client is asked for it when the first byte is read, so that what is refused before
/// leaves the client's source as it was.
/// </summary>
/// <param name="content">What the client sends; null: nothing.</param>
/// <param name="bounds">How far it may be ahead.</param>
/// <param name="abort">Ends the exchange, which then leaves.</param>
internal sealed class SentBody(HttpContent? content, PipeOptions bounds, Action abort)
    : ReadStream,
        IHttpRequestBodyDetectionFeature,
        IHttpMaxRequestBodySizeFeature
{
    private readonly Pipe _pipe = new(bounds);
    private readonly CancellationTokenSource _left = new();
    private Task? _sending;
    private Stream? _bytes;
    private long _read;

    public bool CanHaveBody => content is not null && content.Headers.ContentLength is not 0;

    public bool IsReadOnly => _sending is not null;

    public long? MaxRequestBodySize { get; set; }

    /// <summary>Why the client's source could not be read; null where it could.</summary>
    public Exception? Fault { get; private set; }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!CanHaveBody)
        {
            return 0;
        }
        _bytes ??= _pipe.Reader.AsStream();
        _sending ??= Send();
        var count = await _bytes.ReadAsync(buffer, cancellationToken);
        _read += count;
        return _read > MaxRequestBodySize
            ? throw new BadHttpRequestException($"The body has more than {MaxRequestBodySize} bytes.", StatusCodes.Status413PayloadTooLarge)
            : count;
    }

    /// <summary>The exchange is broken off: a read that waits for the client's source ends.</summary>
    public void Break() => _pipe.Reader.CancelPendingRead();

    /// <summary>The gateway reads no more, and the client need not send the rest: a source that stands still delays no answer.</summary>
    public void Leave()
    {
        _left.Cancel();
        _pipe.Reader.Complete();
    }

    private async Task Send()
    {
        try
        {
            // Not on the thread of the reader, who waits for the first bytes.
            await Task.Yield();
            await using var target = _pipe.Writer.AsStream(leaveOpen: true);
            await content!.CopyToAsync(target, _left.Token);
            await _pipe.Writer.CompleteAsync();
        }
        catch (Exception) when (_left.IsCancellationRequested)
        {
            await _pipe.Writer.CompleteAsync(new ConnectionResetException("The exchange has ended before the body was sent."));
        }
        catch (Exception fault)
        {
            Fault = fault;
            await _pipe.Writer.CompleteAsync(new ConnectionResetException("The client could not read what it sends.", fault));
            abort();
        }
    }
}
