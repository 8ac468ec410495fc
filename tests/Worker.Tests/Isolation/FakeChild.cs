using Marketplace.Worker.Isolation;
using Microsoft.Win32.SafeHandles;

namespace Marketplace.Tests.Worker;

/// <summary>What a parent holds as a child is a thread of the test, which answers each request with whatever the test gives.</summary>
internal sealed class FakeChild : IChildProcess
{
    private readonly SafeFileHandle _requests;
    private readonly SafeFileHandle _answers;
    private readonly Thread _thread;

    /// <param name="answer">The bytes to send for a frame of this kind; null: it ends instead.</param>
    /// <param name="runsOnce">It ends after its answer to a run.</param>
    public unsafe FakeChild(Func<FrameKind, byte[]?> answer, bool runsOnce = false)
    {
        var ends = stackalloc int[4];
        Assert.Equal(0, Linux.pipe2(ends, Linux.CloseOnExec));
        Assert.Equal(0, Linux.pipe2(ends + 2, Linux.CloseOnExec));
        (_requests, Requests) = (new SafeFileHandle(ends[0], true), new SafeFileHandle(ends[1], true));
        (Answers, _answers) = (new SafeFileHandle(ends[2], true), new SafeFileHandle(ends[3], true));
        _thread = new Thread(() => Serve(answer, runsOnce)) { IsBackground = true };
        _thread.Start();
    }

    public int Id => 1;

    public SafeFileHandle Requests { get; }

    public SafeFileHandle Answers { get; }

    public bool IsAlive => !WasKilled;

    public bool WasKilled { get; private set; }

    public List<long> Cancelled { get; } = [];

    public bool TryCancel(long run)
    {
        Cancelled.Add(run);
        return true;
    }

    public void Kill()
    {
        // Once its pipes are closed it is as good as dead.
        WasKilled = true;
        _answers.Dispose();
    }

    public string End()
    {
        WasKilled = true;
        Requests.Dispose();
        Answers.Dispose();
        _thread.Join();
        return "signal 9";
    }

    public string ReadLastWords() => "";

    public void Dispose() => End();

    private void Serve(Func<FrameKind, byte[]?> answer, bool runsOnce)
    {
        try
        {
            var reader = new FrameReader(_requests, _ => int.MaxValue);
            Linux.Write(_answers, Frames.Of(FrameKind.Ready, frame => frame.Text("nothing")));
            while (reader.Read() is { } request && answer(request.Kind) is { } bytes)
            {
                Linux.Write(_answers, bytes);
                if (runsOnce && request.Kind == FrameKind.Run)
                {
                    return;
                }
            }
        }
        catch (Exception gone) when (gone is IOException or FrameException or ObjectDisposedException)
        {
            // The parent has ended this child.
        }
        finally
        {
            _answers.Dispose();
            _requests.Dispose();
        }
    }
}

/// <summary>Frames as bytes.</summary>
internal static class Frames
{
    public static unsafe byte[] Of(FrameKind kind, Action<FrameWriter>? write = null) =>
        Written(frame =>
        {
            frame.Begin(kind);
            write?.Invoke(frame);
        });

    /// <summary>What a writer sends; it must fit into a pipe.</summary>
    public static unsafe byte[] Written(Action<FrameWriter> write)
    {
        var ends = stackalloc int[2];
        Assert.Equal(0, Linux.pipe2(ends, Linux.CloseOnExec));
        using var read = new SafeFileHandle(ends[0], true);
        using (var end = new SafeFileHandle(ends[1], true))
        {
            var frame = new FrameWriter(end);
            write(frame);
            frame.Send();
        }
        var bytes = new byte[64 << 10];
        var size = 0;
        for (int count; (count = Linux.Read(read, bytes.AsSpan(size))) > 0; size += count) { }
        return bytes[..size];
    }
}
