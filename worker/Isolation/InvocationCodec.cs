using Marketplace.Engine.Guests;

namespace Marketplace.Worker.Isolation;

/// <summary>What a child must know to run a program once. What a parent sends is believed, so only its form is looked at.</summary>
internal static class InvocationCodec
{
    /// <param name="run">Counts the runs of the child.</param>
    public static void Write(FrameWriter frame, long run, GuestInvocation invocation)
    {
        frame.Begin(FrameKind.Run);
        frame.Long(run);
        frame.Text(invocation.EntryPoint);
        frame.Int(invocation.Arguments.Count);
        foreach (var argument in invocation.Arguments)
        {
            frame.Text(argument);
        }
        frame.Int(invocation.Environment.Count);
        foreach (var (name, value) in invocation.Environment)
        {
            frame.Text(name);
            frame.Text(value);
        }
        frame.Long(invocation.Now.UtcTicks);
        frame.Fixed(invocation.Seed);
        frame.Long(invocation.Limits.FuelMax);
        frame.Int(invocation.Limits.MemoryPagesMax);
        frame.Long(invocation.Limits.TimeMax.Ticks);
        frame.Int(invocation.Limits.OutputBytesMax);
        frame.Int(invocation.Limits.LogBytesMax);
        frame.Flag(invocation.State is not null);
        frame.Flag(invocation.Blobs is not null);
        frame.Flag(invocation.Signatures is not null);
        frame.Int(invocation.Files.Count);
        foreach (var file in invocation.Files)
        {
            frame.Text(file.Path);
            frame.Bytes(file.Content);
        }
        frame.Bytes(invocation.Input);
    }

    /// <param name="state">The state, where the invocation has one.</param>
    /// <param name="blobs">The blobs, where it has them.</param>
    /// <param name="progress">Follows the run.</param>
    /// <param name="cancellation">Makes what cancels a run, from its number.</param>
    public static (long Run, GuestInvocation Invocation) Read(
        byte[] payload,
        IGuestState state,
        IGuestBlobs blobs,
        GuestProgress progress,
        Func<long, CancellationToken> cancellation
    )
    {
        var reader = new PayloadReader(payload);
        var run = reader.Long();
        var entryPoint = reader.Text("entry point", int.MaxValue);
        var arguments = new string[reader.Count("arguments", payload.Length)];
        for (var i = 0; i < arguments.Length; i++)
        {
            arguments[i] = reader.TextNotNull("argument", int.MaxValue);
        }
        var environment = new Dictionary<string, string>();
        for (var left = reader.Count("environment", payload.Length); left > 0; left--)
        {
            environment.Add(reader.TextNotNull("name", int.MaxValue), reader.TextNotNull("value", int.MaxValue));
        }
        var now = new DateTimeOffset(reader.Long(), TimeSpan.Zero);
        var seed = reader.Fixed();
        var limits = new GuestLimits(reader.Long(), reader.Int(), TimeSpan.FromTicks(reader.Long()), reader.Int(), reader.Int());
        var (hasState, hasBlobs, hasSignatures) = (reader.Flag(), reader.Flag(), reader.Flag());
        var files = new GuestFile[reader.Count("files", payload.Length)];
        for (var i = 0; i < files.Length; i++)
        {
            files[i] = new GuestFile(reader.TextNotNull("path", int.MaxValue), reader.Bytes("file", int.MaxValue));
        }
        var input = reader.Bytes("input", int.MaxValue);
        reader.End();
        var invocation = new GuestInvocation
        {
            EntryPoint = entryPoint,
            Input = input,
            Arguments = arguments,
            Environment = environment,
            Files = files,
            Now = now,
            Seed = seed,
            Limits = limits,
            State = hasState ? state : null,
            Blobs = hasBlobs ? blobs : null,
            Signatures = hasSignatures ? GuestSignatures.Instance : null,
            Progress = progress,
            Cancellation = cancellation(run),
        };
        return (run, invocation);
    }
}
