using System.Text;
using Marketplace.Engine.Guests;

namespace Marketplace.Worker.Isolation;

/// <summary>
/// A run's result on its way out of a child. The parent takes it only if the engine could have given it to this invocation: a child that
/// says anything else is not what it was.
/// </summary>
internal static class ResultCodec
{
    public static void Write(FrameWriter frame, long run, GuestResult result)
    {
        frame.Begin(FrameKind.Result);
        frame.Long(run);
        frame.Byte((byte)result.Outcome);
        frame.Text(Cut(result.Reason));
        frame.Flag(result.ExitCode is not null);
        frame.Int(result.ExitCode ?? 0);
        frame.Long(result.FuelUsed);
        WriteWrites(frame, result.StateWrites);
        frame.Int(result.Files.Count);
        foreach (var file in result.Files)
        {
            frame.Text(file.Path);
            frame.Bytes(file.Content);
        }
        frame.Bytes(result.Log);
        frame.Bytes(result.Output);
    }

    /// <exception cref="FrameException">No engine gives this result to this invocation.</exception>
    public static GuestResult Read(byte[] payload, long run, GuestInvocation invocation)
    {
        var reader = new PayloadReader(payload);
        if (reader.Long() is var seen && seen != run)
        {
            throw new FrameException($"The result of run {seen}; {run} is the one that goes on.");
        }
        var outcome = (GuestOutcome)reader.Byte();
        var reason = reader.Text("reason", IsolationPolicy.TextBytesMax);
        var (hasExitCode, exitCode) = (reader.Flag(), reader.Int());
        var fuel = reader.Long();
        var writes = ReadWrites(ref reader);
        var files = ReadFiles(ref reader);
        var limits = invocation.Limits;
        var log = reader.Bytes("log", limits.LogBytesMax);
        var output = reader.Bytes("output", limits.OutputBytesMax);
        reader.End();
        var result = new GuestResult
        {
            Outcome = outcome,
            Reason = reason,
            ExitCode = hasExitCode ? exitCode : null,
            FuelUsed = fuel,
            Output = output,
            Files = files,
            Log = log,
            StateWrites = writes,
        };
        Check(result, invocation);
        return result;
    }

    public static void WriteWrites(FrameWriter frame, IReadOnlyList<StateWrite> writes)
    {
        frame.Int(writes.Count);
        foreach (var write in writes)
        {
            frame.Bytes(write.Key);
            frame.Flag(write.Value is not null);
            frame.Bytes(write.Value ?? default);
        }
    }

    /// <summary>Writes within the bounds of one run, ascending, one for each key.</summary>
    public static StateWrite[] ReadWrites(ref PayloadReader reader)
    {
        var writes = new StateWrite[reader.Count("state writes", GuestPolicy.StateWritesMax)];
        var bytes = 0L;
        for (var i = 0; i < writes.Length; i++)
        {
            var key = reader.Bytes("state key", GuestPolicy.StateKeyBytesMax);
            var hasValue = reader.Flag();
            var value = reader.Bytes("state value", hasValue ? GuestPolicy.StateValueBytesMax : 0);
            writes[i] = new StateWrite(key, hasValue ? value : (ReadOnlyMemory<byte>?)null);
            bytes += key.Length + value.Length;
            Require(bytes <= GuestPolicy.StateWriteBytesMax, $"state writes of {bytes} bytes");
            Require(i == 0 || writes[i - 1].Key.Span.SequenceCompareTo(key.Span) < 0, "state keys out of order");
        }
        return writes;
    }

    /// <summary>A text as it may be sent: cut where it is long.</summary>
    public static string? Cut(string? text)
    {
        const int BytesPerCharMax = 3;
        return text?.Length > IsolationPolicy.TextBytesMax / BytesPerCharMax
            ? text[..(IsolationPolicy.TextBytesMax / BytesPerCharMax)]
            : text;
    }

    private static GuestFile[] ReadFiles(ref PayloadReader reader)
    {
        var files = new GuestFile[reader.Count("files", GuestPolicy.OutputFilesMax)];
        var bytes = 0L;
        byte[] before = [];
        for (var i = 0; i < files.Length; i++)
        {
            var path = reader.TextNotNull("path", GuestPolicy.FileNameBytesMax);
            var content = reader.Bytes("file", GuestPolicy.FileBytesMax);
            files[i] = new GuestFile(path, content);
            bytes += content.Length;
            var name = Encoding.UTF8.GetBytes(path);
            Require(GuestFile.IsName(path), "a path that no file has");
            Require(bytes <= GuestPolicy.FileBytesMax, $"files of {bytes} bytes");
            Require(i == 0 || before.AsSpan().SequenceCompareTo(name) < 0, "files out of order");
            before = name;
        }
        return files;
    }

    private static void Check(GuestResult result, GuestInvocation invocation)
    {
        var endedByItself = result.Outcome is GuestOutcome.Completed or GuestOutcome.Failed;
        Require(Enum.IsDefined(result.Outcome), $"outcome {(int)result.Outcome}");
        Require(
            result.FuelUsed >= 0 && result.FuelUsed <= invocation.Limits.FuelMax,
            $"{result.FuelUsed} fuel of {invocation.Limits.FuelMax}"
        );
        Require(result.Outcome != GuestOutcome.OutOfFuel || result.FuelUsed == invocation.Limits.FuelMax, "out of fuel with fuel left");
        Require((result.Reason is null) == (result.Outcome == GuestOutcome.Completed), "a reason where there is none, or none");
        Require(result.ExitCode is null || endedByItself, $"an exit code of a run that is {result.Outcome}");
        Require(result.Outcome != GuestOutcome.Completed || result.ExitCode == 0, "completed with another code than 0");
        Require((result.Output.Length == 0 && result.Files.Count == 0) || endedByItself, $"output of a run that is {result.Outcome}");
        Require(
            result.StateWrites.Count == 0 || (result.Outcome == GuestOutcome.Completed && invocation.State is not null),
            "state writes of a run that may have none"
        );
        Require(result.Outcome != GuestOutcome.Cancelled || invocation.Cancellation.IsCancellationRequested, "cancelled, which it was not");
    }

    private static void Require(bool holds, string seen)
    {
        if (!holds)
        {
            throw new FrameException($"A result that the engine does not give: {seen}.");
        }
    }
}
