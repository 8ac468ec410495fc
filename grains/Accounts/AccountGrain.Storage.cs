using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>
/// The account's storage quota: what it keeps is counted before it is kept, and discounted after it is not kept any more.
/// </summary>
public sealed partial class AccountGrain
{
    public async Task CountBlob(BlobId blob, long size, Authority by)
    {
        Authorities.Require(by, Authority.Silo, Authority.Blob);
        await RequireOpen();
        if (_account.Storage.IsPinned(blob))
        {
            await RequireNewest();
            return;
        }

        await RequireRoom(blob, size);
        await Append(new BlobCounted(blob, size));
    }

    public async Task DiscountBlob(BlobId blob, Authority by)
    {
        Authorities.Require(by, Authority.Silo, Authority.Blob);
        RequireSound();
        if (_account.Storage.IsPinned(blob))
        {
            await Append(new BlobDiscounted(blob));
        }
        else
        {
            await RequireNewest();
        }
    }

    public async Task CountModule(ProgramId program, BlobId module, long size, Authority by)
    {
        Authorities.Require(by, Authority.Silo, Authority.Blob);
        await RequireOpen();
        if (_account.Storage.Deployed(program))
        {
            await RequireNewest();
            return;
        }

        if (_account.Storage.ProgramCount >= AccountPolicy.ProgramsMax)
        {
            await RequireNewest();
            throw new MarketException(
                ErrorCode.QuotaExceeded,
                $"The account has deployed {_account.Storage.ProgramCount} programs; allowed are {AccountPolicy.ProgramsMax}. "
                    + "Remove some with 'market program remove'."
            );
        }

        await RequireRoom(module, size);
        await Append(new ModuleCounted(program, module, size));
    }

    public async Task DiscountModule(ProgramId program, Authority by)
    {
        Authorities.Require(by, Authority.Silo, Authority.Blob, Authority.Program);
        RequireSound();
        if (_account.Storage.Deployed(program))
        {
            await Append(new ModuleDiscounted(program));
        }
        else
        {
            await RequireNewest();
        }
    }

    public async Task<BlobId?> FindModule(ProgramId program)
    {
        RequireSound();
        if (_account.Storage.ModuleOf(program) is null)
        {
            await RequireNewest();
        }
        return _account.Storage.ModuleOf(program);
    }

    /// <summary>A blob that the account keeps already costs nothing more.</summary>
    private async ValueTask RequireRoom(BlobId blob, long size)
    {
        var storage = _account.Storage;
        if (storage.Keeps(blob) || (storage.Count < AccountPolicy.BlobsMax && size <= AccountPolicy.BlobBytesMax - storage.Bytes))
        {
            return;
        }
        await RequireNewest();
        throw new MarketException(
            ErrorCode.QuotaExceeded,
            $"The account keeps {storage.Count} blobs with {storage.Bytes} bytes, modules of its programs included; allowed are "
                + $"{AccountPolicy.BlobsMax} blobs with {AccountPolicy.BlobBytesMax} bytes, and this one has {size}. Remove some with "
                + "'market blob rm' "
                + "and 'market program remove'; a removed program's module counts until its jobs have ended and the collector has passed."
        );
    }
}
