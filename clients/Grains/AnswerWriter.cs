using System.IO.Pipelines;

namespace Marketplace.Sdk.Grains;

/// <summary>The body of an answer: with the first bytes that leave, its head does.</summary>
internal sealed class AnswerWriter(PipeWriter inner, Func<Task> begin) : PipeWriter
{
    public override bool CanGetUnflushedBytes => inner.CanGetUnflushedBytes;

    public override long UnflushedBytes => inner.UnflushedBytes;

    public override void Advance(int bytes) => inner.Advance(bytes);

    public override Memory<byte> GetMemory(int sizeHint = 0) => inner.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => inner.GetSpan(sizeHint);

    public override void CancelPendingFlush() => inner.CancelPendingFlush();

    public override async ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        await begin();
        return await inner.FlushAsync(cancellationToken);
    }

    /// <summary>The answer ends with the exchange, which completes the pipe.</summary>
    public override void Complete(Exception? exception = null) { }
}
