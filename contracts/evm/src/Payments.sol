// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

/// @title How the contracts take and pay tokens
/// @notice Several calls can be made in one transaction: a permit and what it is for.
abstract contract Payments is Multicall, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /// @notice Less arrived than was sent: the token takes a fee, which would leave the books short.
    error TokenTakesFee(uint256 sent, uint256 received);

    /// @notice What is staked and paid with.
    IERC20 public immutable token;

    constructor(IERC20 token_) {
        token = token_;
    }

    /// @notice Lets this contract take the caller's tokens, by EIP-2612. Where somebody has used the same permit already, the
    /// allowance is there and what follows goes on.
    function permit(uint256 amount, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external {
        try IERC20Permit(address(token)).permit(msg.sender, address(this), amount, deadline, v, r, s) {}
        catch (bytes memory reason) {
            if (token.allowance(msg.sender, address(this)) < amount) {
                assembly ("memory-safe") {
                    revert(add(reason, 32), mload(reason))
                }
            }
        }
    }

    function _pull(address payer, uint256 amount) internal {
        uint256 before = token.balanceOf(address(this));
        token.safeTransferFrom(payer, address(this), amount);
        uint256 received = token.balanceOf(address(this)) - before;
        require(received == amount, TokenTakesFee(amount, received));
    }

    function _pay(address payee, uint256 amount) internal {
        token.safeTransfer(payee, amount);
    }
}
