using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Marketplace.Engine;
using Marketplace.Engine.Guests;
using Microsoft.Win32.SafeHandles;

namespace Marketplace.Worker.Isolation;

/// <summary>A child's own side: loads one module, then runs it as often as it is told to.</summary>
internal sealed class ChildServer
{
    private readonly FrameReader _requests;
    private readonly FrameWriter _answers;
    private readonly FrameWriter _news;
    private readonly SafeFileHandle _cancels;
    private readonly ParentViews _views;
    private readonly Action<GuestInvocation> _beforeRun;
    private readonly Lock _gate = new();
    private GuestProgram? _program;
    private CancellationTokenSource _cancellation = new();
    private long _run;
    private long _cancelled;
    private GuestProgress? _progress;

    /// <param name="beforeRun">Sees each invocation before it runs.</param>
    public ChildServer(SafeFileHandle requests, SafeFileHandle answers, SafeFileHandle cancels, Action<GuestInvocation> beforeRun)
    {
        _requests = new FrameReader(requests, _ => int.MaxValue);
        var pipe = new Lock();
        _answers = new FrameWriter(answers, pipe);
        _news = new FrameWriter(answers, pipe);
        _cancels = cancels;
        _beforeRun = beforeRun;
        _views = new ParentViews(_requests, _answers, () => _cancellation.Cancel());
    }

    /// <summary>Serves until the parent closes its pipe. On a thread of <see cref="GuestThreads"/>.</summary>
    public void Serve(string givenUp)
    {
        _answers.Begin(FrameKind.Ready);
        _answers.Text(givenUp);
        _answers.Send();
        while (_requests.Read() is { } request)
        {
            var bytes = request.Kind switch
            {
                FrameKind.Load when _program is null => Load(request.Payload),
                FrameKind.Run when _program is not null => Run(_program, request.Payload),
                _ => throw new FrameException($"A frame {request.Kind} now."),
            };
            if (bytes > IsolationPolicy.LightRunBytes)
            {
                HostMemory.GiveBack();
            }
        }
    }

    /// <summary>Cancels the runs that the parent names, or tells how far they are, until it closes that pipe. On its own thread.</summary>
    public void FollowCancels()
    {
        Span<byte> number = stackalloc byte[sizeof(long)];
        for (var count = 0; ; )
        {
            var read = Linux.Read(_cancels, number[count..]);
            if (read == 0)
            {
                return;
            }
            count = (count + read) % sizeof(long);
            if (count == 0)
            {
                var run = BinaryPrimitives.ReadInt64LittleEndian(number);
                if (run > 0)
                {
                    Cancel(run);
                }
                else
                {
                    TellProgress(-run);
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private long Load(byte[] module)
    {
        try
        {
            _program = GuestProgram.Load(module);
            _answers.Begin(FrameKind.Loaded);
        }
        catch (InvalidModuleException invalid)
        {
            _answers.Begin(FrameKind.Invalid);
            _answers.Byte((byte)invalid.Fault);
            _answers.Long(invalid.Offset);
            _answers.Text(ResultCodec.Cut(invalid.Reason));
        }
        _answers.Send();
        return 0;
    }

    /// <returns>Bytes that went in and out. In a frame of its own, so that they are garbage when it returns.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private long Run(GuestProgram program, byte[] payload)
    {
        var progress = new GuestProgress();
        var (run, invocation) = InvocationCodec.Read(payload, _views, _views, progress, Begin);
        long bytes = payload.Length;
        try
        {
            _beforeRun(invocation);
            Follow(progress);
            var result = program.Run(invocation);
            Follow(null);
            bytes += result.Output.Length + result.Files.Sum(file => (long)file.Content.Length);
            ResultCodec.Write(_answers, run, result);
        }
        catch (NoAnswerException)
        {
            Follow(null);
            _answers.Begin(FrameKind.Abandoned);
        }
        catch (Exception failure) when (failure is not (FrameException or IOException))
        {
            Follow(null);
            _answers.Begin(FrameKind.Failed);
            _answers.Text(ResultCodec.Cut($"{failure.GetType().Name}: {failure.Message}"));
        }
        _answers.Send();
        return bytes;
    }

    private CancellationToken Begin(long run)
    {
        lock (_gate)
        {
            _run = run;
            if (!_cancellation.TryReset())
            {
                _cancellation = new CancellationTokenSource();
            }
            if (_cancelled >= run)
            {
                _cancellation.Cancel();
            }
            return _cancellation.Token;
        }
    }

    /// <summary>When this returns with null, no news of the run comes any more: its end comes next, and is the last of it.</summary>
    private void Follow(GuestProgress? progress)
    {
        lock (_gate)
        {
            _progress = progress;
        }
    }

    private void TellProgress(long run)
    {
        lock (_gate)
        {
            if (_run == run && _progress is { } progress)
            {
                _news.Begin(FrameKind.Progress);
                _news.Long(run);
                _news.Long(progress.FuelUsed);
                _news.Send();
            }
        }
    }

    private void Cancel(long run)
    {
        CancellationTokenSource? cancellation = null;
        lock (_gate)
        {
            _cancelled = Math.Max(_cancelled, run);
            if (_run == run)
            {
                cancellation = _cancellation;
            }
        }
        cancellation?.Cancel();
    }
}
