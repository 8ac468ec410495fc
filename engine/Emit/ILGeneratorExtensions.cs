using System.Reflection.Emit;
using System.Runtime.Intrinsics;

namespace Marketplace.Engine.Emit;

/// <summary>Short encodings: the machine-code compiler counts bytes of IL when it decides whether to optimise.</summary>
internal static class ILGeneratorExtensions
{
    extension(ILGenerator il)
    {
        public void LoadArgument(int index)
        {
            switch (index)
            {
                case 0:
                    il.Emit(OpCodes.Ldarg_0);
                    break;
                case 1:
                    il.Emit(OpCodes.Ldarg_1);
                    break;
                case 2:
                    il.Emit(OpCodes.Ldarg_2);
                    break;
                case 3:
                    il.Emit(OpCodes.Ldarg_3);
                    break;
                case <= byte.MaxValue:
                    il.Emit(OpCodes.Ldarg_S, (byte)index);
                    break;
                default:
                    il.Emit(OpCodes.Ldarg, (short)index);
                    break;
            }
        }

        public void StoreArgument(int index)
        {
            if (index <= byte.MaxValue)
            {
                il.Emit(OpCodes.Starg_S, (byte)index);
            }
            else
            {
                il.Emit(OpCodes.Starg, (short)index);
            }
        }

        public void LoadInt32(int value)
        {
            switch (value)
            {
                case -1:
                    il.Emit(OpCodes.Ldc_I4_M1);
                    break;
                case 0:
                    il.Emit(OpCodes.Ldc_I4_0);
                    break;
                case 1:
                    il.Emit(OpCodes.Ldc_I4_1);
                    break;
                case >= sbyte.MinValue and <= sbyte.MaxValue:
                    il.Emit(OpCodes.Ldc_I4_S, (sbyte)value);
                    break;
                default:
                    il.Emit(OpCodes.Ldc_I4, value);
                    break;
            }
        }

        /// <summary>Cells and guests' memory are aligned to 8 bytes or less.</summary>
        public void LoadVector()
        {
            il.Emit(OpCodes.Unaligned, (byte)1);
            il.Emit(OpCodes.Ldobj, typeof(Vector128<byte>));
        }

        /// <inheritdoc cref="LoadVector"/>
        public void StoreVector()
        {
            il.Emit(OpCodes.Unaligned, (byte)1);
            il.Emit(OpCodes.Stobj, typeof(Vector128<byte>));
        }

        public void LoadInt64(long value)
        {
            if (value is >= int.MinValue and <= int.MaxValue)
            {
                il.LoadInt32((int)value);
                il.Emit(OpCodes.Conv_I8);
            }
            else
            {
                il.Emit(OpCodes.Ldc_I8, value);
            }
        }
    }
}
