using System.Collections.Concurrent;
using Marketplace.Engine;
using Marketplace.Engine.Guests;
using Marketplace.GrainInterfaces;
using Marketplace.Storage;

namespace Marketplace.Grains;

/// <summary>
/// Validates modules one after the other on a thread of its own: validation keeps a processor busy, and a queue of modules must not take
/// the threads that the grains' turns run on.
/// </summary>
public sealed class ModuleInspector : IModuleInspector, IDisposable
{
    /// <summary>The validator does not recurse over what the module chooses, but the compiler behind it may, over expressions.</summary>
    private const int StackBytes = 16 * 1024 * 1024;

    /// <summary>What an inspection costs beside the module's bytes, so that many of small ones are bounded too.</summary>
    private const int InspectionBytes = 64 * 1024;

    private readonly IBlobStore _blobs;
    private readonly BlockingCollection<Inspection> _waiting = [];
    private readonly Thread _thread;
    private readonly long _bytesMax;
    private long _bytes;

    public ModuleInspector(IBlobStore blobs, long bytesMax = ProgramPolicy.InspectedBytesMax)
    {
        (_blobs, _bytesMax) = (blobs, bytesMax);
        _thread = new Thread(InspectAll, StackBytes) { IsBackground = true, Name = "module inspector" };
        _thread.Start();
    }

    public async Task<ModuleInspection?> Inspect(BlobId module, CancellationToken cancellation)
    {
        if (await _blobs.FindBlob(module, cancellation) is not { } info)
        {
            return null;
        }
        if (info.Size > EngineLimits.Default.ModuleBytesMax)
        {
            return new ModuleInspection(
                info.Size,
                null,
                $"The module has {info.Size} bytes; allowed are {EngineLimits.Default.ModuleBytesMax}."
            );
        }
        if (Interlocked.Add(ref _bytes, info.Size + InspectionBytes) > _bytesMax)
        {
            Release(info.Size);
            throw new MarketException(
                ErrorCode.Unavailable,
                $"Modules of {_bytesMax} bytes are being validated already; this one was not looked at. Send it again."
            );
        }
        var queued = false;
        try
        {
            if (await Fetch(info, cancellation) is not { } bytes)
            {
                return null;
            }
            var inspection = new Inspection(
                bytes,
                new TaskCompletionSource<ModuleInspection>(TaskCreationOptions.RunContinuationsAsynchronously)
            );
            _waiting.Add(inspection, cancellation);
            queued = true;
            return await inspection.Done.Task.WaitAsync(cancellation);
        }
        finally
        {
            // A queued inspection keeps its bytes until its turn, even if its caller no longer waits.
            if (!queued)
            {
                Release(info.Size);
            }
        }
    }

    public void Dispose()
    {
        _waiting.CompleteAdding();
        _thread.Join();
        _waiting.Dispose();
    }

    private async Task<byte[]?> Fetch(BlobInfo module, CancellationToken cancellation)
    {
        try
        {
            if (await _blobs.Open(module.Id, cancellation: cancellation) is not { } content)
            {
                return null;
            }
            var bytes = new byte[module.Size];
            await using (content)
            {
                await content.ReadExactlyAsync(bytes, cancellation);
            }
            return bytes;
        }
        catch (Exception failure)
        {
            throw StorageFailures.TranslateRead(failure);
        }
    }

    private void InspectAll()
    {
        foreach (var inspection in _waiting.GetConsumingEnumerable())
        {
            ModuleInspection? done = null;
            Exception? failed = null;
            try
            {
                done = Inspect(inspection.Module);
            }
            catch (Exception failure)
            {
                failed = failure;
            }
            // Before the callers that wait go on: what they send next fits again.
            Release(inspection.Module.Length);
            if (done is null)
            {
                inspection.Done.SetException(failed!);
            }
            else
            {
                inspection.Done.SetResult(done);
            }
        }
    }

    private void Release(long moduleBytes) => Interlocked.Add(ref _bytes, -(moduleBytes + InspectionBytes));

    private static ModuleInspection Inspect(byte[] module)
    {
        try
        {
            using var program = GuestProgram.Load(module);
            return new ModuleInspection(module.Length, program.Info, null);
        }
        catch (InvalidModuleException invalid)
        {
            return new ModuleInspection(module.Length, null, invalid.Message);
        }
    }

    private sealed record Inspection(byte[] Module, TaskCompletionSource<ModuleInspection> Done);
}
