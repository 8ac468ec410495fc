using System.Collections.Concurrent;
using Marketplace.Engine;
using Marketplace.Engine.Guests;
using Marketplace.Storage;

namespace Marketplace.Grains;

/// <summary>
/// Validates modules one after the other on a thread of its own: validation is work for a processor, and a queue of it must not take the
/// threads that the grains' turns run on.
/// </summary>
public sealed class ModuleInspector : IModuleInspector, IDisposable
{
    /// <summary>The validator does not recurse over what the module chooses, but the compiler behind it may, over expressions.</summary>
    private const int StackBytes = 16 * 1024 * 1024;

    /// <summary>Modules that wait; more are refused, because each holds its bytes.</summary>
    private const int WaitingMax = 16;

    private readonly IBlobStore _blobs;
    private readonly BlockingCollection<Inspection> _waiting = new(WaitingMax);
    private readonly Thread _thread;

    public ModuleInspector(IBlobStore blobs)
    {
        _blobs = blobs;
        _thread = new Thread(InspectAll, StackBytes) { IsBackground = true, Name = "module inspector" };
        _thread.Start();
    }

    public async Task<ModuleInspection?> Inspect(BlobId module, CancellationToken cancellation)
    {
        if (await _blobs.FindBlob(module, cancellation) is not { } info)
            return null;
        if (info.Size > ProgramPolicy.ModuleBytesMax)
            return new ModuleInspection(info.Size, null, $"The module has {info.Size} bytes; allowed are {ProgramPolicy.ModuleBytesMax}.");
        if (await Fetch(info, cancellation) is not { } bytes)
            return null;
        var inspection = new Inspection(bytes, new TaskCompletionSource<ModuleInspection>(TaskCreationOptions.RunContinuationsAsynchronously));
        if (!_waiting.TryAdd(inspection, 0, cancellation))
            throw new MarketException(ErrorCode.Unavailable, $"{WaitingMax} modules are being validated already; this one was not looked at. Send it again.");
        return await inspection.Done.Task.WaitAsync(cancellation);
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
                return null;
            var bytes = new byte[module.Size];
            await using (content)
                await content.ReadExactlyAsync(bytes, cancellation);
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
            try
            {
                inspection.Done.SetResult(Inspect(inspection.Module));
            }
            catch (Exception failure)
            {
                inspection.Done.SetException(failure);
            }
        }
    }

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
